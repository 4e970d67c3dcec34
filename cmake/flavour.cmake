# SPDX-License-Identifier: Apache-2.0
#
# scripts/test runs the tests of several builds in one ctest. With RDSPROV_FLAVOUR set, every test's name begins with it, so
# that the summary says where a failure is; the files that register tests need not know.
if(NOT RDSPROV_FLAVOUR)
  return()
endif()

# Arguments go through word by word: an empty one, or one with a semicolon, must stay what it is.
function(add_test)
  set(code "_add_test(")
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE 0 ${last})
    set(word "${ARGV${i}}")
    if(i EQUAL 1)
      set(word "${RDSPROV_FLAVOUR}.${word}")
    endif()
    string(APPEND code " [==[${word}]==]")
  endforeach()
  cmake_language(EVAL CODE "${code})")
endfunction()

function(set_tests_properties)
  set(code "_set_tests_properties(")
  set(names ON)
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE 0 ${last})
    set(word "${ARGV${i}}")
    if(word STREQUAL "PROPERTIES")
      set(names OFF)
    endif()
    if(names)
      set(word "${RDSPROV_FLAVOUR}.${word}")
    endif()
    string(APPEND code " [==[${word}]==]")
  endforeach()
  cmake_language(EVAL CODE "${code})")
endfunction()
