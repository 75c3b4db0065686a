#include "tests/simulation/kinds.hpp"

#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/control/commands.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "runtime/ports/calendar.hpp"
#include "runtime/ports/crm.hpp"
#include "runtime/ports/embedder.hpp"
#include "runtime/ports/enrichment.hpp"
#include "runtime/ports/llm.hpp"
#include "runtime/ports/mailer.hpp"
#include "runtime/ports/telephony.hpp"
#include "runtime/ports/vector_index.hpp"
#include "runtime/ports/voice_model.hpp"
#include "runtime/registry.hpp"
#include "tests/simulation/carrier.hpp"

#include <map>

namespace parley::simulation {
namespace {

using kind_names = std::vector<std::string>;

template <class Event>
struct types_of;
template <class... Events>
struct types_of<std::variant<Events...>> {
  static void add(kind_names& out) { (out.emplace_back(Events::type), ...); }
};

/// Several have shorter names at the gate.
std::string name_at_gate(const std::string& message) {
  static const std::map<std::string, std::string> shorter{
    {"close_voice_session", "close_voice"}, {"completion_request", "completion"}, {"end_carrier_call", "end_call"},
    {"free_busy_query", "free_busy"},       {"open_voice_session", "open_voice"}, {"outgoing_mail", "mail"},
    {"start_recording", "record"},          {"stop_recording", "stop_record"}};
  const auto found = shorter.find(message);
  return found == shorter.end() ? message : found->second;
}

/// A message of a port's interface.
template <class Signature>
struct request_of;
template <class Message, class... Answer>
struct request_of<caf::typed_mpi<caf::detail::type_list<Message>, caf::output_tuple<Answer...>>> {
  static void add(kind_names& out, requests which) {
    constexpr bool answered = !std::is_same_v<caf::output_tuple<Answer...>, caf::output_tuple<void>>;
    if (which == requests::answered && !answered)
      return;
    constexpr std::string_view prefix = "parley::";
    const std::string_view name = caf::type_name_by_id<caf::type_id<Message>::value>::value;
    out.push_back(name_at_gate(std::string{name.substr(prefix.size())}));
  }
};

template <class... Signatures>
void add_requests(kind_names& out, requests which, caf::detail::type_list<Signatures...>) {
  (request_of<Signatures>::add(out, which), ...);
}

template <class What>
struct webhooks_of;
template <class... What>
struct webhooks_of<std::variant<What...>> {
  template <class One>
  static void add_one(kind_names& out) {
    carrier_event event;
    event.what = One{};
    if constexpr (std::is_same_v<One, call_status_event>)
      for (const auto& status : carrier_status_names)
        out.push_back("status." + std::string{status});
    else
      out.push_back(simulation::name_of(event));
  }
  static void add(kind_names& out) { (add_one<What>(out), ...); }
};

} // namespace

std::vector<std::string> event_kinds() {
  kind_names out;
  types_of<campaigns::core::event>::add(out);
  types_of<prospects::core::event>::add(out);
  types_of<lines::core::event>::add(out);
  types_of<calls::core::event>::add(out);
  types_of<diaries::core::event>::add(out);
  return out;
}

std::vector<std::string> request_kinds(requests which) {
  kind_names out;
  add_requests(out, which, telephony_port::signatures{});
  add_requests(out, which, voice_model_port::signatures{});
  add_requests(out, which, llm_port::signatures{});
  add_requests(out, which, crm_port::signatures{});
  add_requests(out, which, enrichment_port::signatures{});
  add_requests(out, which, embedder_port::signatures{});
  add_requests(out, which, vector_index_port::signatures{});
  add_requests(out, which, calendar_port::signatures{});
  add_requests(out, which, mailer_port::signatures{});
  return out;
}

std::vector<std::string> webhook_kinds() {
  kind_names out;
  webhooks_of<decltype(carrier_event::what)>::add(out);
  return out;
}

std::vector<std::string> command_kinds() {
  kind_names out;
  for (const auto& [name, handler] : commands::all())
    out.push_back(name);
  return out;
}

} // namespace parley::simulation
