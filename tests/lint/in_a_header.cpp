#include "names_a_header.hpp"
