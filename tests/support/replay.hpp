#pragma once

#include "runtime/journal/replay.hpp"

namespace parley::test {

using parley::event_of;
using parley::replayed;
using parley::whole;

} // namespace parley::test
