# SPDX-License-Identifier: BSL-1.0
# Carries out a portfile with functions that do what vcpkg's of the same names do for it, as far as a library of headers
# needs. Run by cmake -P with PORT, PORTFILE, BUILD (a folder) and CURRENT_PACKAGES_DIR.
cmake_minimum_required(VERSION 3.20)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed: ${ARGV}")
  endif()
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 given "" "SOURCE_PATH" "OPTIONS")
  if(given_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "not understood: ${given_UNPARSED_ARGUMENTS}")
  endif()
  run("${CMAKE_COMMAND}" -G Ninja -S "${given_SOURCE_PATH}" -B "${BUILD}" -DCMAKE_BUILD_TYPE=Release ${given_OPTIONS}
      "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}")
endfunction()

function(vcpkg_cmake_install)
  run("${CMAKE_COMMAND}" --build "${BUILD}" --target install)
endfunction()

# vcpkg moves a package's files to share/PORT, where these must be already, and makes paths relative that are not.
function(vcpkg_cmake_config_fixup)
  file(GLOB configurations "${CURRENT_PACKAGES_DIR}/share/${PORT}/*.cmake")
  if(NOT configurations)
    message(FATAL_ERROR "share/${PORT} has no package of CMake")
  endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
  if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/share/pkgconfig/${PORT}.pc")
    message(FATAL_ERROR "share/pkgconfig has no ${PORT}.pc")
  endif()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 given "" "" "FILE_LIST")
  file(INSTALL ${given_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}" RENAME copyright)
endfunction()

include("${PORTFILE}")
