#pragma once

#include "runtime/messages/journal_upkeep.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

/// Whether what a store holds is what its events say: plain functions of what
/// was read, for `parley journal verify`.
namespace parley::audit {

/// Something that is not as it must be. No text quotes what is stored, which
/// may be personal.
struct finding {
  std::string where; ///< "call 0199…", or a row as the store names it
  std::string kind;  ///< stable word: chain, versions, events, state, seal, row, orphan, home, call, line, slot
  std::string what;  ///< a sentence
  std::string remedy;
};
nlohmann::json to_json(const finding& x);

/// What an open or ended call says of itself.
struct call_facts {
  bool open = false;
  line_id line;
  slot_id slot;
};

/// What a stream came to.
struct stream_check {
  std::vector<finding> findings;
  std::vector<row> rows; ///< as they have to be stored
  bool erased = false;   ///< personal fields are erased; the rest was compared
  std::optional<call_facts> call;
  std::optional<call_id> call_up; ///< of a line
};

/// Versions without gaps, sealed fields open or erased, and the replay of the
/// events equal to the stored state.
/// @param shards Of the store: a stream has to lie in the shard of its id.
stream_check check(const uuid& stream, const audited_stream& x, uint16_t shards);

/// What the rest of the store says about rows that a stream makes.
finding row_finding(const std::string& difference);
finding orphan_finding(const std::string& row);
finding seal_finding(const std::string& field);

} // namespace parley::audit
