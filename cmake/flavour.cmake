# SPDX-License-Identifier: Apache-2.0
#
# scripts/test runs the tests of several builds in one ctest. With RDSPROV_FLAVOUR set, every test's name begins with it, so
# that the summary says where a failure is; the files that register tests need not know.
#
# Wine's server (8.0) dies now and then when programs of several tests come and go at once, and takes them along: the tests
# of the Windows build run one at a time. They begin early, so that one of them runs beside one of the others all the way.
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
  if(RDSPROV_FLAVOUR STREQUAL "windows" AND ARGV0 STREQUAL "NAME")
    _set_tests_properties(windows.${ARGV1} PROPERTIES RESOURCE_LOCK wine COST 100)
  endif()
endfunction()

function(set_tests_properties)
  set(code "_set_tests_properties(")
  set(names ON)
  set(lock OFF)
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE 0 ${last})
    set(word "${ARGV${i}}")
    if(word STREQUAL "PROPERTIES")
      set(names OFF)
    endif()
    if(names)
      set(word "${RDSPROV_FLAVOUR}.${word}")
    elseif(lock AND RDSPROV_FLAVOUR STREQUAL "windows")
      set(word "${word};wine")
    endif()
    if(word STREQUAL "RESOURCE_LOCK")
      set(lock ON)
    else()
      set(lock OFF)
    endif()
    string(APPEND code " [==[${word}]==]")
  endforeach()
  cmake_language(EVAL CODE "${code})")
endfunction()
