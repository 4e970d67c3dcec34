# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Recipe: FreeRDP and WinPR, per flavour. Sourced by scripts/deps. The cache key
# holds a flavour's options, so a change to them builds that flavour anew.

freerdp_package=freerdp3
freerdp_upstream=3.15.0

# No channel, codec, or service here that neither the peer nor the test client
# uses: every one would be code that a client's bytes can reach.
freerdp_options_common=(
	-DBUILD_TESTING=OFF
	-DCMAKE_INSTALL_LIBDIR=lib
	-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF # 22 s for each link of a consumer, otherwise 1.5 s
	-DWITH_CCACHE=OFF
	-DWITH_CLANG_FORMAT=OFF
	-DWITH_MANPAGES=OFF
	-DWITH_VERBOSE_WINPR_ASSERT=OFF
	-DWITH_SERVER=ON
	-DWITH_SERVER_CHANNELS=ON
	-DWITH_PLATFORM_SERVER=OFF
	-DWITH_PROXY=OFF
	-DWITH_CLIENT_SDL=OFF
	-DCHANNEL_URBDRC=OFF
	-DCHANNEL_RDPECAM=OFF
	-DCHANNEL_TSMF=OFF
	-DWITH_INTERNAL_MD4=ON # NTLM without OpenSSL's legacy provider
	-DWITH_INTERNAL_MD5=ON
	-DWITH_INTERNAL_RC4=ON
	-DWITH_JSON_DISABLED=ON
	-DWITH_AAD=OFF
	-DWITH_CAIRO=OFF
	-DWITH_CUPS=OFF
	-DWITH_FFMPEG=OFF
	-DWITH_FUSE=OFF
	-DWITH_KRB5=OFF
	-DWITH_OPENH264=OFF
	-DWITH_OPUS=OFF
	-DWITH_PCSC=OFF
	-DWITH_PKCS11=OFF
	-DWITH_SMARTCARD_EMULATE=OFF
	-DWITH_SMARTCARD_PCSC=OFF
	-DWITH_SWSCALE=OFF
	-DWITH_URIPARSER=OFF
	-DUSE_UNWIND=OFF
)

freerdp_options_unix=(
	-DBUILD_SHARED_LIBS=ON
	-DCMAKE_BUILD_TYPE=RelWithDebInfo
	-DWITH_CLIENT=ON
	-DWITH_CLIENT_COMMON=ON
	-DWITH_CLIENT_CHANNELS=ON
	-DWITH_ALSA=OFF
	-DWITH_OSS=OFF
	-DWITH_PULSE=OFF
	-DWITH_SYSTEMD=OFF
	-DWITH_WAYLAND=OFF
	-DWITH_WEBVIEW=OFF
	-DWITH_XV=OFF
)

# xfreerdp for people and the end-to-end tests, shadow for the benchmarks. Our
# tests' client decodes H.264; the peer encodes without FreeRDP (h264.c).
freerdp_flags_native='-fstack-protector-strong -D_FORTIFY_SOURCE=2'
freerdp_options_native=(
	"${freerdp_options_unix[@]}"
	"-DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,relro,-z,now"
	"-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,relro,-z,now"
	-DWITH_OPENH264=ON
	-DWITH_SHADOW=ON
	-DWITH_WINPR_TOOLS=ON # shadow makes its certificate with them
	-DWITH_X11=ON
)

# Built with clang. Consumers must use clang as well: the sanitizer's run-time
# is in the executable, and there can be only one. The sanitizers watch the
# libraries; X11 programs stay out. NDEBUG is not set, so that FreeRDP's
# assertions count. Two checks of UBSan are off, in FreeRDP only: "function"
# reports its callback casts, "alignment" its UTF-16 strings read in place in a
# packet; both are habits all over it and harmless on x86 and ARM64.
freerdp_flags_asan='-fsanitize=address,undefined -fno-sanitize=function,alignment -fno-omit-frame-pointer'
freerdp_options_asan=(
	"${freerdp_options_unix[@]}"
	-DCMAKE_C_COMPILER=clang
	-DCMAKE_CXX_COMPILER=clang++
	"-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -g"
	-DWITH_SHADOW=OFF
	-DWITH_RDTK=OFF
	-DWITH_WINPR_TOOLS=OFF
	-DWITH_X11=OFF
	-DWITH_SAMPLE=OFF
)

freerdp_flags_tsan='-fsanitize=thread -fno-omit-frame-pointer'
freerdp_options_tsan=(
	"${freerdp_options_unix[@]}"
	-DCMAKE_C_COMPILER=clang
	-DCMAKE_CXX_COMPILER=clang++
	"-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -g"
	-DWITH_SHADOW=OFF
	-DWITH_RDTK=OFF
	-DWITH_WINPR_TOOLS=OFF
	-DWITH_X11=OFF
	-DWITH_SAMPLE=OFF
)

# Static: one rdsprov-peer.exe without a DLL to lose or to plant. A Windows
# peer has no client code. Media Foundation's H.264 encoder is an empty shell
# that reports success.
freerdp_flags_windows='-D__STDC_NO_THREADS__=1' # mingw-w64 has no threads.h
freerdp_options_windows=(
	-DBUILD_SHARED_LIBS=OFF
	-DCMAKE_BUILD_TYPE=Release
	-DWITH_CLIENT=OFF
	-DWITH_CLIENT_COMMON=OFF
	-DWITH_CLIENT_CHANNELS=OFF
	-DWITH_SHADOW=OFF
	-DWITH_RDTK=OFF
	-DWITH_WINPR_TOOLS=OFF
	-DWITH_MEDIA_FOUNDATION=OFF
	-DWITH_SAMPLE=OFF
)
