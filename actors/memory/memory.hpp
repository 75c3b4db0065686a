#pragma once

#include "actors/memory/emails.hpp"
#include "runtime/node_context.hpp"
#include "runtime/ports/atoms.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace parley {

/// MEMORY as it is inside.
using memory_service = memory_actor::extend<
  // INTERNAL: time to look for what is not embedded yet.
  caf::reacts_to<tick_atom>>;

struct memory_state {
  explicit memory_state(memory_service::pointer self) : self{self} {}
  void start(context_ptr context);
  caf::result<recollection> recall(const parley::recall& x);
  caf::result<emails_remembered> remember(remember_emails x);
  void look();
  caf::result<inspected_state> inspect() const;

  memory_service::pointer self;
  context_ptr ctx;
  static inline constexpr const char* name = "memory";

private:
  using rows = std::vector<context_row>;
  using rows_ptr = std::shared_ptr<const rows>;
  using recall_reply = reply<recollection>;
  using emails_reply = reply<emails_remembered>;

  bool has_meaning() const { return ctx->embedder && ctx->vector_index; }

  // Recalling: nearest, or newest where that fails.
  void recall_nearest(const parley::recall& x, const rows_ptr& newest, const recall_reply& answer);
  void find_near(const parley::recall& x, const rows_ptr& newest, const std::vector<float>& vector,
                 const recall_reply& answer);
  void tell_nearest(const parley::recall& x, const rows_ptr& newest, const std::vector<neighbour>& found,
                    const recall_reply& answer);
  void tell_newest(const parley::recall& x, const rows_ptr& newest, const char* what, const caf::error& why,
                   const recall_reply& answer);
  void doubt_index(const rows& newest);
  void count(const char* how);

  // Mails.
  void summarise(const prospect_id& person, std::vector<memories::mail_thread> threads, const emails_reply& answer);
  void store(const prospect_id& person, const std::vector<memories::mail_thread>& threads,
             const std::map<size_t, std::string>& summaries, const emails_reply& answer);
  uuid row_id(const prospect_id& person, const memories::mail_thread& thread) const;

  // Upkeep: one thing at a time, from `look` to `rest`.
  void fill(std::optional<context_cursor> after);
  void walk(std::optional<context_cursor> after);
  void embed_page(rows page, std::optional<context_cursor> last);
  void embed_singly(const rows_ptr& page, size_t next, std::optional<context_cursor> last);
  void write_back(rows page, const std::vector<std::vector<float>>& vectors, std::function<void(bool)> then);
  void index(const rows& page, std::function<void(bool all_kept)> then);
  void go_on(const std::optional<context_cursor>& last);
  void rest(bool well);
  void trouble(const char* what, const caf::error& e);

  std::string embedder; ///< the name of the one in use, once it has told it
  std::map<std::string, std::vector<float>> queries;
  bool looking = false;
  bool filled = false;  ///< the index has what the journal has
  bool skipped = false; ///< something could not be embedded in this round
  caf::actor_clock::time_point filled_at;
  std::chrono::seconds wait{0};
  uint64_t asked = 0;
  uint64_t embedded_here = 0;
  uint64_t emails = 0;
};

/// What we know of a person and have said before, from `agent_context`. Calls
/// write there themselves, in the append that ends them; mails are summarised
/// here.
///
/// In the background every piece gets a vector of the embedder in use, and the
/// vector index gets the vector. A piece is found by its lacking one, so nothing
/// is lost with a crash and another embedder re-embeds everything, page by page,
/// and goes on after a restart where it was. Where embedder or index fail, the
/// newest pieces are recalled instead of the nearest.
memory_service::behavior_type memory(memory_service::stateful_pointer<memory_state> self, context_ptr ctx);

} // namespace parley
