# SPDX-License-Identifier: Apache-2.0
#
# scripts/test runs the tests of several builds in one ctest. With RDSPROV_FLAVOUR set, every test's name begins with it, so
# that the summary says where a failure is; the files that register tests need not know.
if(NOT RDSPROV_FLAVOUR)
  return()
endif()

function(add_test)
  set(arguments ${ARGV})
  list(GET arguments 1 name)
  list(REMOVE_AT arguments 1)
  list(INSERT arguments 1 "${RDSPROV_FLAVOUR}.${name}")
  _add_test(${arguments})
endfunction()

function(set_tests_properties)
  set(arguments)
  set(names ON)
  foreach(argument IN LISTS ARGV)
    if(argument STREQUAL "PROPERTIES")
      set(names OFF)
    endif()
    if(names)
      set(argument "${RDSPROV_FLAVOUR}.${argument}")
    endif()
    string(REPLACE ";" "\\;" argument "${argument}")
    list(APPEND arguments "${argument}")
  endforeach()
  _set_tests_properties(${arguments})
endfunction()
