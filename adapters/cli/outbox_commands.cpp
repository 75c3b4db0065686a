// `parley outbox`: deliveries that wait, and those that were given up.
#include "adapters/cli/command_line.hpp"

#include <pwd.h>
#include <unistd.h>

namespace parley::cli {

namespace {

/// Who types this, for the record.
std::string user_name() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : "uid " + std::to_string(::geteuid());
}

/// What a row is about: why it failed, or who gave it up and why.
std::string detail_of(const ordered_json& row) {
  if (plain(row.value("state", ordered_json{})) != "dropped")
    return row.value("detail", std::string{});
  return "by " + row.value("dropped_by", std::string{}) + ": " + row.value("drop_reason", std::string{});
}

void add_outbox_list(CLI::App* group, const shared_ptr& s) {
  struct wanted {
    std::string state, prospect, campaign;
    int64_t limit = rows_shown;
  };
  auto w = std::make_shared<wanted>();
  auto* list = add_command(group, "list", "Deliveries that wait and that were given up, these first",
                           "outbox list --state parked --campaign Spring");
  list->add_option("--state", w->state, "waiting, parked, dropped or done; waiting and parked if left out")
    ->check(CLI::IsMember({"waiting", "parked", "dropped", "done"}));
  list->add_option("--prospect", w->prospect, "id, name, number or e-mail address");
  list->add_option("--campaign", w->campaign, "name or id: of everybody who is on it");
  add_limit(list, w->limit, "how many");
  list->callback([s, w] {
    arguments args{{"limit", w->limit}};
    for (const auto& [name, value] :
         {std::pair{"state", &w->state}, {"prospect", &w->prospect}, {"campaign", &w->campaign}})
      if (!value->empty())
        args[name] = *value;
    auto rows = s->ask("outbox list", std::move(args));
    if (s->as_json(rows))
      return;
    for (auto& row : rows) {
      row["shown"] = detail_of(row);
      if (plain(row["state"]) != "waiting")
        row["due_at"] = nullptr;
    }
    print_list(*s, rows,
               {{"id", "id"},
                {"state", "state"},
                {"kind", "kind"},
                {"prospect", "prospect"},
                {"tries", "tries"},
                {"due_at", "next try"},
                {"shown", "why"}},
               "nothing waits and nothing was given up", w->limit);
  });
}

void add_retry(CLI::App* group, const shared_ptr& s) {
  auto id = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  auto* retry = add_command(group, "retry", "Try a delivery again now: a waiting, parked or dropped one",
                            "outbox retry 0199a3c2");
  auto* one = retry->add_option("delivery", *id, "id, or the beginning of one");
  retry->add_flag("--all", *all, "every parked one")->excludes(one);
  retry->callback([s, id, all] {
    if (id->empty() == !*all)
      throw command_failed{"usage", "name a delivery, or --all for every parked one", exit_usage};
    arguments args{{"by", user_name()}};
    *all ? args["all"] = true : args["delivery"] = *id;
    const auto answer = s->ask("outbox retry", std::move(args));
    if (s->as_json(answer))
      return;
    std::cout << counted(answer["count"], "delivery is", "deliveries are") << " tried again now\n";
    if (const int64_t left = answer.value("left", 0); left > 0)
      std::cout << counted(left, "change stays", "changes stay")
                << " parked: a later one of the same event or meeting is done, and it would undo that; drop it\n";
  });
}

void add_drop(CLI::App* group, const shared_ptr& s) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  auto* drop = add_command(group, "drop",
                           "Give a delivery up: nobody gets it, and the next one of the person goes on. "
                           "It asks nothing; who, when and why is kept",
                           "outbox drop 0199a3c2 --reason \"The mailbox is closed; told by phone.\"");
  drop->add_option("delivery", *id, "id, or the beginning of one")->required();
  drop->add_option("--reason", *reason, "why, for the record")->required();
  drop->callback([s, id, reason] {
    const auto answer = s->ask("outbox drop", {{"delivery", *id}, {"reason", *reason}, {"by", user_name()}});
    if (!s->as_json(answer))
      std::cout << "dropped " << plain(answer["ids"].at(0)) << "; \"parley outbox retry\" takes it up again\n";
  });
}

} // namespace

void add_outbox_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "outbox");
  add_outbox_list(group, s);
  add_retry(group, s);
  add_drop(group, s);
}

} // namespace parley::cli
