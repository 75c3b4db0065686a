#include "tests/simulation/adapters.hpp"

#include "runtime/telephony/dial_outcome.hpp"

#include <cmath>

namespace parley::simulation {

using namespace std::chrono_literals;

// --- telephony ----------------------------------------------------------------------

/// The carrier's word for how a call stands, as the adapter understands it.
static carrier_status understood(const outside& o, carrier_status status) {
  return status == carrier_status::busy && o.has(bug::mistake_busy) ? carrier_status::no_answer : status;
}

using telephony_ptr = simulated_telephony::stateful_pointer<adapter_state>;

/// What the carrier's HTTP answers to a dial that it does not take.
static dial_reply refusal(outside& o, fate what) {
  dial_reply reply;
  reply.status = what == fate::refused ? 400 : 429;
  if (what == fate::limited_asked)
    reply.retry_after = std::chrono::seconds{o.faults.between(1, 20)};
  if (what == fate::refused)
    reply.code = o.faults.percent(34) ? 21211 : o.faults.percent(50) ? 21610 : 13224;
  return reply;
}

static const code_meaning* meaning_of(int32_t code) {
  static constexpr code_meaning meanings[] = {{13224, false, false, "number cannot be reached now"},
                                              {21211, true, false, "number is not valid"},
                                              {21610, true, false, "person opted out at the carrier", true}};
  for (const auto& one : meanings)
    if (one.code == code)
      return &one;
  return nullptr;
}

/// A dial is written once, and only in time; whatever comes back is classified
/// by the rules that every carrier's adapter shares.
static caf::result<originated> dial(telephony_ptr self, const context_ptr& ctx, const originate& sent) {
  auto& s = self->state;
  auto& o = s.world->o;
  const reply<originated> answer{self};
  auto later = answer.later();
  const auto never = [&] { s.keep([answer] { (void)answer; }); };
  const auto x = across_the_wire(self->system(), sent);
  o.moment("originate");
  if (!o.leave("originate")) {
    never();
    return later;
  }
  // The connection takes its time, and now and then a queue before it takes
  // minutes; the last look at the clock is right before the write.
  auto connects = o.latency();
  if (o.faults.percent(o.weather.dial))
    connects = o.faults.percent(20) ? o.faults.between(20s, 5min) : o.faults.between(1s, 14s);
  s.answer_after(connects, [self, ctx, x, answer] {
    auto& s = self->state;
    auto& o = s.world->o;
    const auto give = [self, answer, call = x.call](const dial_reply& reply, nanoseconds after) {
      self->state.answer_after(after, [self, answer, call, reply] {
        auto out = outcome_of_dial(call, reply, meaning_of(reply.code));
        if (self->state.world->o.has(bug::late_is_not_created) && out.outcome == submission::unknown)
          out.outcome = submission::not_created;
        answer(across_the_wire(self->system(), out));
      });
    };
    if (!o.gate_open())
      return (void)s.keep([answer] { (void)answer; });
    dial_reply reply;
    if (!may_dial(ctx->clock.now(), x.not_after) && !o.has(bug::ignore_not_after)) {
      reply.held_back = true;
      reply.written = false;
      o.hit("held_back", "originate");
      return give(reply, 0ns);
    }
    auto what = o.draw(o.weather.dial, "originate");
    const bool away = o.now < o.carrier_away_until;
    if (away) {
      what = fate::failed;
      o.hit("carrier_away", "originate");
    }
    const bool performed = what == fate::well || what == fate::late || what == fate::answer_lost
                           || what == fate::failed_done || (what == fate::silent && o.faults.percent(50));
    o.moment("dial");
    if (performed) {
      reply = s.world->phone.create(x);
      if (what == fate::answer_lost && o.has(bug::retry_dial_on_timeout))
        s.world->phone.create(x);
    } else if (what == fate::limited || what == fate::limited_asked || what == fate::refused) {
      reply = refusal(o, what);
    }
    if (what == fate::failed || what == fate::failed_done)
      reply = dial_reply{false, true, 503, 0, {}, {}, {}};
    if (what == fate::lost) {
      reply.written = o.faults.percent(50);
      reply.failure = "connection lost";
    }
    if (what == fate::answer_lost)
      reply = dial_reply{false, true, 0, 0, {}, "timeout", {}};
    if (!o.left("originate") || what == fate::silent)
      return (void)s.keep([answer] { (void)answer; });
    give(reply, what == fate::late          ? o.faults.between(2s, 40s)
                : what == fate::answer_lost ? nanoseconds{10s}
                                            : o.latency());
  });
  return later;
}

/// A request about a call; fails at once while the carrier's API is away.
template <class Answer, class Request, class F>
static caf::result<Answer> ask_carrier(telephony_ptr self, const std::string& event, const Request& x, F perform) {
  auto& o = self->state.world->o;
  if (o.now >= o.carrier_away_until || !o.gate_open())
    return exchange<Answer>(self, event, &weather::carrier, x, std::move(perform));
  const reply<Answer> answer{self};
  auto later = answer.later();
  if (!o.leave(event)) {
    self->state.keep([answer] { (void)answer; });
    return later;
  }
  o.hit("carrier_away", event);
  self->state.answer_after(o.latency(), [answer] {
    answer(caf::make_error(ec::vendor_unavailable, std::string{"the carrier is away"}));
  });
  return later;
}

simulated_telephony::behavior_type telephony(telephony_ptr self, world_ptr world, context_ptr ctx) {
  settle_in(self, world, port::telephony);
  auto* phone = &world->phone;
  auto* o = &world->o;
  return {
    [=](const originate& x) { return dial(self, ctx, x); },
    [=](const fetch_call& x) {
      return ask_carrier<carrier_call>(self, "fetch_call", x, [=](const auto& y) -> caf::expected<carrier_call> {
        if (o->has(bug::deaf_watchdog))
          return caf::make_error(ec::vendor_unavailable, std::string{"deaf"});
        auto out = phone->fetch(y.sid);
        if (out)
          out->status = understood(*o, out->status);
        return out;
      });
    },
    [=](const find_calls& x) {
      return ask_carrier<carrier_calls>(self, "find_calls", x, [=](const auto& y) { return phone->list(y); });
    },
    [=](const end_carrier_call& x) {
      return ask_carrier<carrier_call>(self, "end_call", x, [=](const auto& y) { return phone->end(y.sid, y.cancel); });
    },
    [=](const redirect_call& x) {
      return ask_carrier<carrier_call>(self, "redirect_call", x, [=](const auto& y) { return phone->redirect(y.sid); });
    },
    [=](const transfer_call& x) {
      return ask_carrier<carrier_call>(self, "transfer_call", x, [=](const auto& y) { return phone->transfer(y); });
    },
    [=](const leave_message& x) {
      return ask_carrier<carrier_call>(self, "leave_message", x,
                                       [=](const auto& y) { return phone->leave_message(y); });
    },
    [=](const start_recording& x) {
      return ask_carrier<recording_started>(self, "record", x, [=](const auto& y) { return phone->record(y); });
    },
    [=](const stop_recording& x) {
      return ask_carrier<recording_stopped>(self, "stop_record", x,
                                            [=](const auto& y) { return phone->stop_record(y); });
    },
    [=](const fetch_recording& x) {
      return ask_carrier<recording_audio>(self, "fetch_recording", x,
                                          [=](const auto& y) { return phone->fetch_record(y); });
    },
    [=](const delete_recording& x) {
      return ask_carrier<recording_deleted>(self, "delete_recording", x,
                                            [=](const auto& y) { return phone->delete_record(y); });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

// --- the voice model -------------------------------------------------------------------

simulated_voice::behavior_type voice(simulated_voice::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::voice_model);
  auto* voices = &world->voices;
  auto* o = &world->o;
  auto* s = world.get();
  return {
    [=](const open_voice_session& x) {
      const auto events = x.events;
      return exchange<voice_session_opened>(self, "open_voice", &weather::vendor, x,
                                            [=](const auto& y) -> caf::expected<voice_session_opened> {
                                              s->sessions[y.call] = events;
                                              return voice_session_opened{y.call, "simulated"};
                                            });
    },
    [=](const update_instructions&) { (void)o->leave("update_instructions"); }, // talks go by their plot
    [=](const answer_tool& x) {
      if (o->leave("answer_tool"))
        voices->tool_answered(x);
    },
    [=](const prompt_agent& x) {
      if (o->leave("prompt_agent"))
        voices->prompted(x.call);
    },
    [=](const await_playback& x) {
      if (o->leave("await_playback"))
        voices->playback_awaited(x.call);
    },
    [=](const measure_silence& x) {
      if (o->leave("measure_silence"))
        voices->silence_measured(x.call);
    },
    [=](const close_voice_session& x) {
      if (!o->leave("close_voice"))
        return;
      s->sessions.erase(x.call);
      voices->session_closed(x.call);
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

// --- models and the public record --------------------------------------------------------

simulated_llm::behavior_type llm(simulated_llm::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::llm);
  return {
    [=](const completion_request& x) {
      return exchange<completion>(self, "completion", &weather::vendor, x,
                                  [](const auto&) -> caf::expected<completion> {
                                    return completion{"{}", "simulated", 1, 1};
                                  });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

simulated_enrichment::behavior_type
enrichment(simulated_enrichment::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::enrichment);
  return {
    [=](const enrich& x) {
      return exchange<enriched>(self, "enrich", &weather::vendor, x, [](const auto& y) -> caf::expected<enriched> {
        enriched out;
        out.found = true;
        out.company = y.company;
        out.industry = "Manufacturing";
        return out;
      });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

/// Eight numbers that follow from the text.
static std::vector<float> vector_of(const std::string& text) {
  std::vector<float> out(8, 1.0F);
  for (const auto c : text)
    out[static_cast<unsigned char>(c) % 8] += 1.0F;
  float length = 0;
  for (const auto x : out)
    length += x * x;
  for (auto& x : out)
    x /= std::sqrt(length);
  return out;
}

simulated_embedder::behavior_type embedder(simulated_embedder::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::embedder);
  return {
    [=](const embed& x) -> caf::result<embedded> {
      if (x.texts.empty()) // asks for its name, which the adapter knows by itself
        return embedded{"simulated 8", {}};
      return exchange<embedded>(self, "embed", &weather::vendor, x, [](const auto& y) -> caf::expected<embedded> {
        embedded out{"simulated 8", {}};
        for (const auto& text : y.texts)
          out.vectors.push_back(vector_of(text));
        return out;
      });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

/// No exit: the index lies in the node's memory, as in production.
simulated_index::behavior_type vector_index(simulated_index::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::vector_index);
  auto pieces = std::make_shared<std::map<uuid, index_vector>>();
  return {
    [=](const index_vector& x) {
      (*pieces)[x.id] = x;
      return vector_indexed{pieces->size(), true};
    },
    [=](const find_nearest& x) {
      neighbours out;
      for (const auto& [id, piece] : *pieces) {
        if (x.prospect && piece.prospect != x.prospect)
          continue;
        float similarity = 0;
        for (size_t i = 0; i < std::min(piece.vector.size(), x.vector.size()); ++i)
          similarity += piece.vector[i] * x.vector[i];
        out.nearest.push_back({id, similarity});
      }
      std::stable_sort(out.nearest.begin(), out.nearest.end(),
                       [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
      if (out.nearest.size() > x.limit)
        out.nearest.resize(x.limit);
      return out;
    },
    [=](const forget_vectors& x) {
      for (const auto& id : x.ids)
        pieces->erase(id);
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

// --- webhooks ----------------------------------------------------------------------------

simulated_web::behavior_type web(simulated_web::stateful_pointer<adapter_state> self, world_ptr world, context_ptr ctx,
                                 std::function<void(uint64_t, bool)> acknowledged) {
  settle_in(self, world, port::web);
  auto* o = &world->o;
  const auto say = [=](uint64_t ticket, const std::string& kind, bool accepted) {
    if (!o->leave("webhook_answer." + kind))
      return;
    acknowledged(ticket, accepted);
    o->left("webhook_answer." + kind);
  };
  return {
    [=](carrier_event x, uint64_t ticket) {
      const auto kind = name_of(x);
      if (auto* told = std::get_if<call_status_event>(&x.what))
        told->status = understood(*o, told->status);
      record_inbox entry;
      entry.event = x;
      entry.raw = "as it came";
      const bool early = o->has(bug::acknowledge_early);
      if (early)
        say(ticket, kind, true);
      self->request(ctx->journal, ctx->settings.journal_timeout, std::move(entry))
        .then(
          [=](const inbox_recorded&) {
            caf::anon_send(ctx->door_of(x.call), across_the_wire(self->system(), x));
            if (!early)
              say(ticket, kind, true);
          },
          [=](const caf::error&) {
            if (!early)
              say(ticket, kind, false);
          });
    },
  };
}

} // namespace parley::simulation
