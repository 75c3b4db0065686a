#pragma once

#include "actors/line/core.hpp"
#include "tests/adapters/journal_suite.hpp"

namespace parley::test {

/// A journal to which whole lines can be added, as their core makes them: what
/// a check of a store replays.
struct line_filling : journal_test {
  using journal_test::journal_test;

  /// A number that its owner had blocked, and a mail to somebody.
  void add_line() {
    lines::state s;
    s.id = line_id{stream()};
    const lines::line_suppressed event{"command", "asked", now};
    lines::core::apply(s, event);
    stream_write write;
    write.stream = s.id;
    write.kind = stream_kind::line;
    write.events = {to_stored(event, now)};
    write.state = lines::core::public_part(s).dump();
    auto all = batch({write}, lines::core::rows(s));
    const auto ann = prospect("Ann");
    all.rows.push_back(ann);
    all.rows.push_back(outbox_row{stream(), ann.id, "mail", R"({"to":"Ann"})", now});
    must<committed>(std::move(all));
  }
};

} // namespace parley::test
