#include "adapters/cli/command_line.hpp"

#include <iomanip>
#include <sstream>
#include <utility>

namespace parley::cli {

namespace {

/// What a note tells, without what only programs read.
std::string told_by(const ordered_json& detail) {
  std::string out;
  for (const auto& [key, value] : detail.items())
    if (key != "item" && key != "turn" && !value.is_null() && value != "")
      out += (out.empty() ? "" : ", ") + key + " " + shortened(plain(value), 80);
  return out;
}

/// What is known after an observation: how far the person qualifies, in whose
/// words, and what comes next.
std::string observed(const ordered_json& detail) {
  std::ostringstream out;
  out << "score " << plain(detail.value("score", ordered_json{0})) << ", sentiment " << std::showpos << std::fixed
      << std::setprecision(2) << detail.value("sentiment", 0.0) << ", next: " << detail.value("next_action", "-");
  const auto bant = detail.value("bant", ordered_json::object());
  for (const auto& [key, found] : bant.items())
    if (const auto quote = found.value("quote", std::string{}); !quote.empty())
      out << "; " << key << ": \"" << shortened(quote, 60) << '"';
  for (const auto& objection : detail.value("objections", ordered_json::array()))
    out << "; objection: " << shortened(plain(objection), 60);
  return out.str();
}

/// Notes up to this turn. Rules, analysis and model observe each turn on their
/// own: what says nothing new is left out.
class note_printer {
public:
  note_printer(std::ostream& out, const painter& paint, const ordered_json& notes)
    : out_{out}, paint_{paint}, notes_{notes} {}

  void until(size_t spoken) {
    for (; next_ < notes_.size() && notes_[next_].value("spoken", spoken) <= spoken; ++next_)
      print(notes_[next_].value("kind", std::string{}), notes_[next_].value("detail", ordered_json::object()));
  }

private:
  void print(const std::string& kind, const ordered_json& detail) {
    if (kind == "stage_changed") // the heading says so
      return;
    const bool observation = kind == "observation" && detail.contains("score");
    const auto told = observation ? observed(detail) : told_by(detail);
    if (observation && std::exchange(observed_, told) == told)
      return;
    const auto line = "    · " + kind + (told.empty() ? "" : ": " + told);
    out_ << (kind == "rule_violation" ? paint_.red(line) : paint_.faint(line)) << '\n';
  }

  std::ostream& out_;
  const painter& paint_;
  const ordered_json& notes_;
  size_t next_ = 0;
  std::string observed_;
};

std::string in_two_digits(const ordered_json& value) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << (value.is_number() ? value.get<double>() : 0.0);
  return out.str();
}

/// The rules that a turn broke.
std::string marks_of(const ordered_json& turn) {
  std::string out;
  for (const auto& mark : turn.value("marks", ordered_json::array()))
    out += (out.empty() ? "" : ", ") + plain(mark);
  return out;
}

/// Of what is said, behind who says it, in 80 columns.
constexpr size_t turn_columns = 70;

/// What was said, with what the conversation noted in between, in order.
void print_transcript(std::ostream& out, const painter& paint, const ordered_json& call, bool with_notes) {
  static const auto none = ordered_json::array();
  const auto& metadata = call["metadata"];
  const bool noted = with_notes && metadata.is_object() && metadata.contains("notes");
  note_printer notes{out, paint, noted ? metadata["notes"] : none};
  const auto& turns = call["transcript"].is_array() ? call["transcript"] : none;
  std::string stage;
  size_t spoken = 0;
  for (const auto& turn : turns) {
    notes.until(spoken++);
    if (const auto now = turn.value("stage", std::string{}); now != stage && !now.empty()) {
      stage = now;
      out << paint.faint("  -- " + stage) << '\n';
    }
    const bool agent = turn.value("who", std::string{}) == "agent";
    out << "  " << (agent ? paint.cyan("agent ") : paint.green("person"));
    const char* indent = "  ";
    for (const auto& line :
         wrapped(plain(turn["text"]) + (turn.value("interrupted", false) ? " (interrupted)" : ""), turn_columns)) {
      out << indent << line << '\n';
      indent = "          ";
    }
    // With the notes, each is told in a line of its own.
    if (const auto marks = noted ? std::string{} : marks_of(turn); !marks.empty())
      out << indent << paint.red("! " + marks) << '\n';
  }
  notes.until(spoken);
}

/// Where the conversation of a live call stands.
std::string stage_of(const ordered_json& call) {
  const auto metadata = call.value("metadata", ordered_json{});
  return metadata.is_object() && metadata.contains("stage") ? ", stage " + plain(metadata["stage"]) : "";
}

void add_list(CLI::App* group, const shared_ptr& s) {
  struct wanted {
    std::string campaign;
    bool open = false;
    bool unresolved = false;
    int64_t limit = rows_shown;
  };
  auto w = std::make_shared<wanted>();
  auto* list = add_command(group, "list", "Calls, newest first", "call list --campaign Spring --open");
  list->add_option("--campaign", w->campaign, "name or id");
  list->add_flag("--open", w->open, "only those that are up");
  list->add_flag("--unresolved", w->unresolved, "only those of which nobody knows whether the carrier has them");
  add_limit(list, w->limit, "how many");
  list->callback([s, w] {
    arguments args{{"open", w->open}, {"limit", w->limit}};
    if (w->unresolved)
      args["unresolved"] = true;
    if (!w->campaign.empty())
      args["campaign"] = w->campaign;
    const auto rows = s->ask("call list", args);
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"initiated_at", "when"},
                  {"prospect", "prospect"},
                  {"company", "company"},
                  {"status", "status"},
                  {"outcome", "disposition"},
                  {"duration_seconds", "s"},
                  {"id", "id"}},
                 w->unresolved ? "no call waits for a word"
                 : w->open     ? "no calls are up"
                               : "no calls yet",
                 w->limit);
  });
}

/// A command to one live call; answers with a sentence of what happens.
CLI::App* add_order(CLI::App* group, const shared_ptr& s, const char* name, const char* help, const char* example,
                    const std::shared_ptr<arguments>& args) {
  auto which = std::make_shared<std::string>();
  auto* order = add_command(group, name, help, example);
  order->add_option("call", *which, "id, or the name or number of the person")->required();
  order->callback([s, which, args, name = std::string{"call "} + name] {
    (*args)["call"] = *which;
    const auto answer = s->ask(name, *args);
    if (!s->as_json(answer))
      std::cout << plain(answer["sentence"]) << '\n';
  });
  return order;
}

void add_orders(CLI::App* group, const shared_ptr& s) {
  add_order(group, s, "hangup", "End a live call at once", "call hangup \"Samuel Adeyemi\"",
            std::make_shared<arguments>(arguments::object()));

  auto text = std::make_shared<arguments>(arguments::object());
  add_order(group, s, "say", "Have the agent of a live call say something, in its own words, at the next pause",
            "call say \"Samuel Adeyemi\" \"We also have a branch in San Diego.\"", text)
    ->add_option_function<std::string>(
      "text", [text](const std::string& words) { (*text)["text"] = words; }, "what it shall say")
    ->required();

  auto to = std::make_shared<arguments>(arguments::object());
  add_order(group, s, "transfer", "Hand a live call over to the account manager, or to another number",
            "call transfer \"Samuel Adeyemi\" --to +14155550132", to)
    ->add_option_function<std::string>(
      "--to", [to](const std::string& number) { (*to)["to"] = number; },
      "E.164; the account manager's phone if left out");

  auto word = std::make_shared<arguments>(arguments::object());
  auto* resolve
    = add_order(group, s, "resolve", "Say what became of a call of which nobody knows whether the carrier has it",
                "call resolve \"Samuel Adeyemi\" --as not-placed --reason \"not in the carrier's console\"", word);
  resolve
    ->add_option_function<std::string>(
      "--as", [word](const std::string& as) { (*word)["as"] = as; },
      "placed: the carrier had it, the attempt is used; not-placed: it may be dialled again")
    ->required()
    ->check(CLI::IsMember({"placed", "not-placed"}));
  resolve->add_option_function<std::string>(
    "--reason", [word](const std::string& reason) { (*word)["reason"] = reason; }, "how you know, kept with the call");
}

} // namespace

void print_call(std::ostream& out, const painter& paint, const ordered_json& call, bool with_notes) {
  const auto zone
    = call.contains("timezone") && call["timezone"].is_string() ? call["timezone"].get<std::string>() : "";
  out << paint.bold(plain(call["prospect"])) << ", " << plain(call["company"]) << "  "
      << paint.faint(local_time(plain(call["initiated_at"]), zone)) << '\n';
  const auto status = call.value("status", std::string{});
  const bool live = !status.empty() && status != "ended";
  if (status == "submission_unknown")
    out << paint.bold(status) << ": nobody knows whether the carrier has this call, and it is not dialled again. "
        << "Look for it in the carrier's console, then: parley call resolve " << plain(call["id"])
        << " --as placed|not-placed\n";
  else if (live)
    out << paint.bold(status) << " now" << stage_of(call) << ", sentiment "
        << in_two_digits(call.value("sentiment_score", ordered_json{})) << '\n';
  else
    out << "disposition " << paint.bold(plain(call["outcome"])) << ", " << plain(call["duration_seconds"])
        << " s, sentiment " << in_two_digits(call["sentiment_score"]) << '\n';
  print_transcript(out, paint, call, with_notes);
  for (const auto& meeting : call["meetings"])
    out << "meeting " << paint.bold(local_time(plain(meeting["scheduled_at"]), zone)) << " with "
        << plain(meeting["account_manager"]) << '\n';
  if (live && status != "submission_unknown")
    out << paint.faint("the call goes on; this is what was said and noted so far") << '\n';
}

void add_call_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "call");
  add_list(group, s);
  auto id = std::make_shared<std::string>();
  auto* show = add_command(group, "show", "One call: what was said, stages, observations and tools, in order",
                           "call show \"Samuel Adeyemi\"");
  show->add_option("call", *id, "id, or the name or number of the person")->required();
  show->callback([s, id] {
    const auto call = s->ask("call show", {{"call", *id}});
    if (!s->as_json(call))
      print_call(std::cout, s->paint, call);
  });
  add_orders(group, s);
}

} // namespace parley::cli
