#pragma once

#include "runtime/messages/journal.hpp"

namespace parley::sql {

/// What we know after hearing `told`, a row of an import, of a person that we
/// know as `known`: an empty field says nothing, except of consent where the
/// source tells of it, and a zone that was only found replaces none.
prospect_row merged(const prospect_row& known, const prospect_row& told, const import_prospects& from);

/// Do two rows of one person say something different?
bool differ(const prospect_row& a, const prospect_row& b);

/// What an import must give to know somebody by.
bool can_be_known(const prospect_row& x);

} // namespace parley::sql
