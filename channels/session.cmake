# SPDX-License-Identifier: Apache-2.0
# The session's ends of display and input: no FreeRDP.
add_library(rdsprov_channels_session STATIC
  display/producer.c display/pattern.c display/pattern_picture.c display/pattern_font.c display/gdi_follow.c
  input/inject.c)
target_link_libraries(rdsprov_channels_session PUBLIC rdsprov_channels rdsprov_os PRIVATE rdsprov_flags)
if(WIN32)
  target_sources(rdsprov_channels_session PRIVATE display/gdi.c display/gdi_cursor.c display/gdi_follow_win32.c display/dxgi.c input/inject_gdi.c)
  target_link_libraries(rdsprov_channels_session PUBLIC gdi32 user32 winmm dxguid)
else()
  find_package(X11 REQUIRED)
  foreach(part Xext Xdamage Xfixes Xtst Xrandr)
    if(NOT X11_${part}_FOUND)
      message(FATAL_ERROR "lib${part} and its headers are missing")
    endif()
  endforeach()
  target_sources(rdsprov_channels_session PRIVATE display/x11.c display/x11_capture.c display/x11_cursor.c
                 display/x11_resize.c input/inject_x11.c input/inject_evdev.c)
  target_include_directories(rdsprov_channels_session PRIVATE ${X11_INCLUDE_DIR})
  target_link_libraries(rdsprov_channels_session PUBLIC X11::Xdamage X11::Xtst X11::Xrandr X11::Xfixes X11::Xext
                        X11::X11)
endif()
