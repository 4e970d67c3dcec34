# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain: 64-bit Windows binaries with Debian's gcc-mingw-w64.
# Use with -DCMAKE_PREFIX_PATH="$(scripts/deps --prefix-of windows)".

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)

# The -win32 variants use Windows' own threads; the plain names may be the
# variant that needs libwinpthread.
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-win32)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-win32)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

# The prefix is a root too: find_library() and find_path() then look in it and
# in the mingw-w64 tree, and nowhere on the build machine.
list(APPEND CMAKE_FIND_ROOT_PATH ${CMAKE_PREFIX_PATH} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# No libgcc_s_seh-1.dll beside the binaries.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -static-libgcc")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static -static-libgcc")

# What FreeRDP, WinPR and OpenSSL use of Windows. CMake puts this list at the
# end of a link, where static archives need it; a library that nothing refers
# to leaves no trace in the binary.
set(CMAKE_C_STANDARD_LIBRARIES
    "-lws2_32 -lcrypt32 -lbcrypt -lncrypt -lsecur32 -lcredui -lntdsapi -lrpcrt4 -lshlwapi -lcfgmgr32 -lsetupapi -ldbghelp -luserenv -lwtsapi32 -lole32 -loleaut32 -luuid -lshell32 -ladvapi32 -lgdi32 -luser32 -lwinmm -lmsimg32 -lkernel32"
    CACHE STRING "Windows libraries, last in every link")
set(CMAKE_CXX_STANDARD_LIBRARIES "${CMAKE_C_STANDARD_LIBRARIES}"
    CACHE STRING "Windows libraries, last in every link")
