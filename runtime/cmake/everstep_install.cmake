include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/everstep")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/everstep-config.cmake.in"
  "${PROJECT_BINARY_DIR}/everstep-config.cmake" INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/everstep-config-version.cmake" COMPATIBILITY SameMinorVersion)

install(TARGETS everstep EXPORT everstep_targets FILE_SET HEADERS)
install(EXPORT everstep_targets NAMESPACE everstep:: FILE everstep-targets.cmake DESTINATION "${package_folder}")
install(FILES
  "${PROJECT_BINARY_DIR}/everstep-config.cmake" "${PROJECT_BINARY_DIR}/everstep-config-version.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindLMDB.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindxxHash.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/everstep_lint.cmake" "${CMAKE_CURRENT_LIST_DIR}/everstep_lint_run.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/everstep_lint.query"
  DESTINATION "${package_folder}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/everstep")
