#pragma once

// The one way to include toml++. Version 3.3 asserts what a broken file makes
// untrue, "[[[name]]]" or "list = [}]", and so ends the process; without its
// assertions it says as for other mistakes where the file is wrong. Its
// functions are inline: all who include them must do it alike.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>
