# As a project of its own, everstep is built with the Boost of Debian 12, which the tests know; inside another project
# with that project's, from 1.81 on. The installed package asks for the very Boost that it was built with.
if(PROJECT_IS_TOP_LEVEL)
  find_package(Boost 1.81.0 EXACT CONFIG REQUIRED COMPONENTS context fiber json)
else()
  find_package(Boost 1.81.0 CONFIG REQUIRED COMPONENTS context fiber json)
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(LMDB REQUIRED)
find_package(xxHash REQUIRED)
