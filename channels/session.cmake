# SPDX-License-Identifier: Apache-2.0
# The session's ends of display and input: no FreeRDP.
add_library(rdsprov_channels_session STATIC
  display/producer.c display/pattern.c display/pattern_picture.c display/pattern_font.c input/inject.c)
target_link_libraries(rdsprov_channels_session PUBLIC rdsprov_channels rdsprov_os PRIVATE rdsprov_flags)
