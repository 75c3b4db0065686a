#include "adapters/media/voice_model.hpp"

#include "runtime/registry.hpp"

#include <caf/send.hpp>

namespace parley {

caf::result<voice_session_opened> voice_model_state::open(open_voice_session session) {
  const auto ticket = ++last_ticket;
  const auto [entry, fresh] = openings.emplace(ticket, opening{session.call, {self, book, "open_session"}});
  auto answer = entry->second.done.later();
  close_listener(session.call);
  if (session.events) {
    self->monitor(session.events);
    listeners[session.call] = session.events.address();
  }
  plane->open(std::move(session), [actor = caf::actor_cast<voice_model_adapter>(self), ticket](caf::error result) {
    caf::anon_send(actor, session_opened_atom::value, ticket, std::move(result));
  });
  return answer;
}

void voice_model_state::opened(uint64_t ticket, caf::error result) {
  const auto found = openings.extract(ticket);
  if (found.empty())
    return; // whoever holds our handle can forge the answer
  const auto& [call, done] = found.mapped();
  if (result)
    done(std::move(result));
  else
    done(voice_session_opened{call, plane->model()});
}

void voice_model_state::close_listener(const call_id& call) {
  const auto found = listeners.extract(call);
  if (!found.empty())
    self->demonitor(found.mapped());
}

void voice_model_state::close(const call_id& call) {
  close_listener(call);
  plane->close(call);
}

void voice_model_state::listener_down(const caf::actor_addr& listener) {
  for (auto it = listeners.begin(); it != listeners.end();) {
    if (it->second == listener) {
      plane->close(it->first);
      it = listeners.erase(it);
    } else {
      ++it;
    }
  }
}

inspected_state voice_model_state::inspect() const {
  auto out = book->shown();
  out["model"] = plane->model();
  out["sessions_open"] = plane->live();
  out["sessions_opening"] = openings.size();
  return shown(out);
}

voice_model_adapter::behavior_type voice_model(voice_model_adapter::stateful_pointer<voice_model_state> self,
                                               const context_ptr& context, media_plane* plane) {
  begin(self, context, context->root, "voice_model", "openai");
  self->state.plane = plane;
  self->state.book = plane->book();
  self->set_down_handler([self](caf::down_msg& down) { self->state.listener_down(down.source); });
  return {
    [self](open_voice_session& x) { return self->state.open(std::move(x)); },
    [self](update_instructions& x) { self->state.plane->update(std::move(x)); },
    [self](answer_tool& x) { self->state.plane->answer(std::move(x)); },
    [self](prompt_agent& x) { self->state.plane->prompt(std::move(x)); },
    [self](const await_playback& x) { self->state.plane->await_playback(x.call); },
    [self](const measure_silence& x) { self->state.plane->measure_silence(x.call); },
    [self](const close_voice_session& x) { self->state.close(x.call); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](session_opened_atom, uint64_t ticket, caf::error& result) { self->state.opened(ticket, std::move(result)); },
  };
}

} // namespace parley
