#include "adapters/cli/command_line.hpp"

namespace parley::cli {

/// "moved to Thu 3 Dec 14:00" for people.
static void print_change(const shared& s, const ordered_json& meeting) {
  const auto zone = plain(meeting["timezone"]);
  const auto when = local_time(plain(meeting["scheduled_at"]), zone);
  if (plain(meeting["status"]) == "cancelled")
    std::cout << "cancelled the meeting on " << s.paint.bold(when) << '\n';
  else if (meeting.value("was", ordered_json{}) == meeting["scheduled_at"])
    std::cout << "the meeting is on " << s.paint.bold(when) << " already; nothing was sent\n";
  else
    std::cout << "moved the meeting to " << s.paint.bold(when) << " (it was on "
              << local_time(plain(meeting["was"]), zone) << ")\n";
}

void add_meeting_change_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "meeting");
  struct wish {
    std::string meeting, to, zone, reason;
  };
  auto x = std::make_shared<wish>();
  const auto named = [x](CLI::App* command) {
    command->add_option("meeting", x->meeting, "id, the beginning of one, or the person's name")->required();
  };
  auto* move = add_command(group, "reschedule", "Move a meeting; the invitation goes out again",
                           "meeting reschedule 0199a3c2 --to \"2026-12-03 14:00\"");
  named(move);
  move->add_option("--to", x->to, "new time in the person's zone, or an ISO instant with an offset")->required();
  move->add_option("--zone", x->zone, "IANA zone of --to, when not the person's");
  move->callback([s, x] {
    arguments args{{"meeting", x->meeting}, {"to", x->to}};
    if (!x->zone.empty())
      args["zone"] = x->zone;
    const auto answer = s->ask("meeting reschedule", std::move(args));
    if (!s->as_json(answer))
      print_change(*s, answer);
  });
  auto* cancel = add_command(group, "cancel", "Cancel a meeting; the person is told by mail",
                             "meeting cancel 0199a3c2 --reason \"Priya is ill.\"");
  named(cancel);
  cancel->add_option("--reason", x->reason, "a sentence for the person");
  cancel->callback([s, x] {
    const auto answer = s->ask("meeting cancel", {{"meeting", x->meeting}, {"reason", x->reason}});
    if (!s->as_json(answer))
      print_change(*s, answer);
  });
}

} // namespace parley::cli
