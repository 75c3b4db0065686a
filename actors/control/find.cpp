#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

/// Candidates that a refusal names.
constexpr uint32_t candidates_max = 8;

/// How a kind of thing is asked for and spoken of.
struct kind_of_thing {
  report_kind report;
  const char* argument;
  const char* what_it_takes;
  const char* remedy; ///< when there is none
};

constexpr kind_of_thing a_prospect{report_kind::find_prospects, "prospect",
                                   "give the id, name, number or e-mail address of a prospect",
                                   "\"parley prospect list\" shows all"};
constexpr kind_of_thing a_call{report_kind::find_calls, "call", "give the id of a call, or the person's name or number",
                               "\"parley call list\" shows all"};
constexpr kind_of_thing a_meeting{report_kind::find_meetings, "meeting",
                                  "give the id of a meeting, or the person's name or number",
                                  "\"parley meeting list\" shows all"};

std::string candidates_of(const args& found) {
  std::string out;
  for (size_t i = 0; i < found.size() && i < candidates_max; ++i)
    out += (i == 0 ? "" : "; ") + found[i].value("name", "") + " (" + found[i].value("detail", "") + ") "
           + found[i].value("id", "");
  return out + (found.size() > candidates_max ? "; and others" : "");
}

template <class Id>
void find_one(control_state& s, const kind_of_thing& kind, const args& a, const answer& reply,
              std::function<void(Id)> then) {
  const auto text = needed_text(a, kind.argument, kind.what_it_takes);
  if (const auto id = parse_uuid(text))
    return then(Id{*id}); // whoever is asked for it says when there is none
  report_query query;
  query.kind = kind.report;
  query.text = text;
  query.limit = candidates_max + 1;
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
    .then(
      [kind, text, reply, then = std::move(then)](const report& x) {
        const auto found = args::parse(x.json);
        if (found.size() == 1)
          return then(Id{*parse_uuid(found[0].at("id").get<std::string>())});
        const auto whole = std::string{kind.argument} + ": ";
        if (found.empty())
          return reply(
            caf::make_error(ec::not_found, whole + "there is no \"" + text + "\"; " + std::string{kind.remedy}));
        refuse(reply, whole + "\"" + text + "\" could be " + candidates_of(found) + "; give the id");
      },
      fails(reply));
}

} // namespace

void with_prospect(control_state& s, const args& a, const answer& reply, std::function<void(prospect_id)> then) {
  find_one<prospect_id>(s, a_prospect, a, reply, std::move(then));
}

void with_call(control_state& s, const args& a, const answer& reply, std::function<void(call_id)> then) {
  find_one<call_id>(s, a_call, a, reply, std::move(then));
}

void with_meeting(control_state& s, const args& a, const answer& reply, std::function<void(meeting_id)> then) {
  find_one<meeting_id>(s, a_meeting, a, reply, std::move(then));
}

} // namespace parley::commands
