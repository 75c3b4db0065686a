#include "runtime/guard.hpp"

#include "runtime/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <spdlog/spdlog.h>

namespace parley {

namespace {

/// An actor's first message, from itself: its behaviour is there now, and is
/// put behind one that counts.
using count_atom = caf::atom_constant<caf::atom("count")>;

/// A backlog of nothing is looked at only now and then.
constexpr uint64_t sampled_each = 32;

/// Counts what the behaviour within handles.
class counting_behaviour final : public caf::detail::behavior_impl {
public:
  using result = caf::match_case::result;

  counting_behaviour(caf::scheduled_actor* self, caf::behavior inner, std::shared_ptr<actor_tally> tally)
    : behavior_impl{inner.timeout()}, self_{self}, inner_{std::move(inner)}, tally_{std::move(tally)} {
    begin_ = end_ = nullptr;
  }

  result invoke_empty(caf::detail::invoke_result_visitor& f) override {
    return inner_.as_behavior_impl()->invoke_empty(f);
  }

  result invoke(caf::detail::invoke_result_visitor& f, caf::type_erased_tuple& xs) override {
    // One writer, so that a plain load and store do.
    const auto handled = tally_->handled.load(std::memory_order_relaxed) + 1;
    tally_->handled.store(handled, std::memory_order_relaxed);
    if (handled % sampled_each == 0 || tally_->backlog.load(std::memory_order_relaxed) != 0
        || xs.type_token() == caf::make_type_token<inspect_state>())
      tally_->backlog.store(static_cast<uint32_t>(self_->mailbox().size()), std::memory_order_relaxed);
    return inner_.as_behavior_impl()->invoke(f, xs);
  }

  void handle_timeout() override { inner_.handle_timeout(); }

private:
  caf::scheduled_actor* self_; // owns us
  caf::behavior inner_;
  std::shared_ptr<actor_tally> tally_;
};

void trouble(const std::shared_ptr<actor_tally>& tally, const std::string& what) {
  if (!tally)
    return;
  tally->troubles.fetch_add(1, std::memory_order_relaxed);
  if (tally->failed)
    tally->failed(what);
}

bool is_count(const caf::type_erased_tuple& xs) {
  return xs.match_elements<caf::atom_value>() && xs.get_as<caf::atom_value>(0) == count_atom::value;
}

} // namespace

std::string failure_name(const caf::error& e) {
  if (!e)
    return "none";
  if (e.category() == caf::atom("parley"))
    return to_string(static_cast<ec>(e.code()));
  if (e.category() == caf::atom("system"))
    return to_string(static_cast<caf::sec>(e.code()));
  if (e.category() == caf::atom("exit"))
    return to_string(static_cast<caf::exit_reason>(e.code()));
  return "error_" + std::to_string(e.code());
}

void guard(caf::scheduled_actor* self, std::shared_ptr<actor_tally> tally) {
  self->set_error_handler([tally](caf::scheduled_actor* me, caf::error& e) {
    spdlog::warn("{} #{}: unanswered error: {}", me->name(), me->id(), me->system().render(e));
    trouble(tally, failure_name(e));
  });
  self->set_exception_handler([](caf::scheduled_actor* me, std::exception_ptr& x) -> caf::error {
    // CAF would print what it says, which may quote a person's data.
    const char* type = "of an unknown type";
    try {
      std::rethrow_exception(x);
    } catch (const std::exception& e) {
      type = typeid(e).name();
    } catch (...) { // still ends the actor
    }
    spdlog::error("{} #{}: unhandled exception {}", me->name(), me->id(), type);
    return caf::sec::runtime_error;
  });
  self->set_default_handler([tally](caf::scheduled_actor* me, caf::message_view& x) -> caf::result<caf::message> {
    if (me->current_mailbox_element()->mid.is_request())
      return caf::sec::unexpected_message;
    if (tally && me->has_behavior() && is_count(x.content())) {
      const caf::behavior::impl_ptr counting = caf::make_counted<counting_behaviour>(me, me->current_behavior(), tally);
      me->do_become(caf::behavior{counting}, true);
      return caf::message{};
    }
    spdlog::warn("{} #{}: message that it does not know", me->name(), me->id());
    trouble(tally, "unexpected_message");
    return caf::message{};
  });
  if (tally) // ahead of whatever waits already
    self->eq_impl(caf::make_message_id(caf::message_priority::high), nullptr, self->context(), count_atom::value);
}

} // namespace parley
