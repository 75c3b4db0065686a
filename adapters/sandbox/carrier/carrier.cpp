#include "adapters/sandbox/carrier/carrier.hpp"

#include "adapters/sandbox/carrier/account.hpp"
#include "adapters/sandbox/carrier/rest.hpp"

#include <algorithm>
#include <iostream>

namespace parley::sandbox {

using nlohmann::json;

namespace {

/// The attempt that a call belongs to: `call=` in one of its callback URLs.
std::string attempt_of(const call_request& request) {
  for (const auto* text : {&request.url, &request.status_callback, &request.amd_callback})
    if (const auto where = parse_url(*text))
      if (auto attempt = find(parse_form(where->query()), "call"))
        return *attempt;
  return {};
}

/// Runs a handler whose refusals are thrown. What else a request makes it
/// throw is a server error, as it would be at the carrier.
template <class Handler>
http_handler guarded(Handler handler) {
  return [handler](const http_request& request, const respond& reply) {
    try {
      handler(request, reply);
    } catch (const rest::error& refused) {
      reply(rest::answer(refused));
    } catch (const std::exception& error) {
      std::cerr << "sandbox: the carrier failed at " << request.method << ": " << error.what() << std::endl;
      reply(rest::answer(rest::error{500, 20500, "Internal Server Error"}));
    }
  };
}

} // namespace

carrier::carrier(world& around, uint16_t port)
  : world_{around}, people_{around}, faults_{around}, lost_replies_{around, "lost reply",
                                                                    around.script().carrier.faults.drop_replies},
    too_many_{around, "too many requests", around.script().carrier.faults.too_many_requests},
    server_errors_{around, "server error", around.script().carrier.faults.server_errors}, server_{around.io(), port} {
  const std::string calls = "/2010-04-01/Accounts/{account}/Calls.json";
  const std::string call = "/2010-04-01/Accounts/{account}/Calls/{sid}.json";
  const auto on = [this](auto member) {
    return guarded([this, member](const http_request& request, const respond& reply) {
      if (!refuse(request, reply))
        (this->*member)(request, reply);
    });
  };
  server_.route("POST", calls, on(&carrier::create));
  server_.route("GET", calls, on(&carrier::list));
  server_.route("GET", call, on(&carrier::fetch));
  server_.route("POST", call, on(&carrier::update));
  const std::string recording = "/2010-04-01/Accounts/{account}/Recordings/{recording}";
  server_.route("POST", "/2010-04-01/Accounts/{account}/Calls/{sid}/Recordings.json", on(&carrier::record));
  server_.route("POST", "/2010-04-01/Accounts/{account}/Calls/{sid}/Recordings/{recording}.json",
                on(&carrier::update_recording));
  server_.route("GET", recording + ".json", on(&carrier::show_recording));
  server_.route("GET", recording + ".wav", on(&carrier::play_recording));
  server_.route("DELETE", recording + ".json", on(&carrier::delete_recording));
  const auto show = [this](auto list) {
    return guarded([this, list](const http_request& request, const respond& reply) {
      if (!refuse(request, reply))
        reply(list(request.parts.at("account"), request));
    });
  };
  const std::string account = "/2010-04-01/Accounts/{account}";
  server_.route("GET", account + ".json",
                show([](const std::string& which, const http_request&) { return rest::show_account(which); }));
  server_.route("GET", account + "/IncomingPhoneNumbers.json", show(rest::list_numbers));
  server_.route("GET", account + "/OutgoingCallerIds.json", show(rest::list_caller_ids));
  server_.route("GET", "/{rest*}", guarded([](const http_request& request, const respond&) {
                  throw rest::error{404, 20404, "The requested resource " + request.path + " was not found"};
                }));
}

bool carrier::refuse(const http_request& request, const respond& reply) const {
  const auto& script = world_.script().carrier;
  const auto who = rest::read_credentials(request);
  const auto& account = request.parts.at("account");
  const bool shaped = account.size() == 34 && account.starts_with("AC")
                      && account.find_first_not_of("0123456789abcdefABCDEF", 2) == account.npos;
  if (!who
      || (!script.auth_token.empty() && who->password != script.auth_token)
      // An API key (SK…) speaks for its account.
      || (who->user != account && !who->user.starts_with("SK"))) {
    reply(rest::answer(rest::error{401, 20003, "Authenticate"}));
    return true;
  }
  if (!shaped || (!script.account_sid.empty() && script.account_sid != account))
    throw rest::error{404, 20404, "The requested resource " + request.path + " was not found"};
  return false;
}

nanoseconds carrier::place_in_queue() {
  const auto& script = world_.script().carrier;
  const auto gap = std::chrono::duration<double>{1.0 / script.calls_per_second / world_.media_speed()};
  const auto now = steady::now();
  std::lock_guard lock{mutex_};
  const auto start = std::max(now, next_start_);
  next_start_ = start + std::chrono::duration_cast<steady::duration>(gap);
  return start - now + world_.real(script.faults.queue);
}

std::string carrier::name_of_call(const std::string& number) {
  std::lock_guard lock{mutex_};
  return number + " " + std::to_string(++calls_to_[number]);
}

void carrier::create(const http_request& request, const respond& reply) {
  const auto form = parse_form(request.body);
  const auto number = value_or(form, "To");
  if (too_many_.strikes(number))
    throw rest::error{429, 20429, "Too Many Requests"};
  if (server_errors_.strikes(number))
    throw rest::error{500, 20500, "Internal Server Error"};
  auto wanted = rest::read_create(form);
  wanted.account_sid = request.parts.at("account");
  wanted.auth_token = rest::read_credentials(request)->password;
  const auto sid = new_sid("CA");
  world_.log().call_created(sid, wanted.to, wanted.from, attempt_of(wanted));
  const auto call = std::make_shared<phone_call>(call_context{world_, people_, faults_, name_of_call(number)}, sid,
                                                 std::move(wanted));
  {
    std::lock_guard lock{mutex_};
    calls_.push_back({call, steady::now() + world_.real(world_.script().carrier.faults.list_late)});
    by_sid_.emplace(sid, call);
  }
  auto response = rest::answer(201, to_json(call->resource()));
  call->start(place_in_queue());
  response.drop = lost_replies_.strikes(number);
  reply(std::move(response));
}

std::shared_ptr<phone_call> carrier::find_call(const http_request& request) const {
  std::lock_guard lock{mutex_};
  const auto found = by_sid_.find(request.parts.at("sid"));
  if (found == by_sid_.end() || found->second->resource().account_sid != request.parts.at("account"))
    throw rest::error{404, 20404, "The requested resource " + request.path + " was not found"};
  return found->second;
}

void carrier::fetch(const http_request& request, const respond& reply) const {
  reply(rest::answer(200, to_json(find_call(request)->resource())));
}

void carrier::update(const http_request& request, const respond& reply) {
  const auto call = find_call(request);
  const auto wanted = rest::read_update(parse_form(request.body));
  const bool done = wanted.status.empty() ? call->redirect(wanted.url, wanted.method, wanted.twiml, wanted.time_limit)
                                          : call->stop(wanted.status == "canceled");
  if (!done)
    throw rest::error{400, 21220, "Call is not in the right state for this update"};
  reply(rest::answer(200, to_json(call->resource())));
}

void carrier::record(const http_request& request, const respond& reply) {
  const auto call = find_call(request);
  const auto made = call->record(rest::read_recording(parse_form(request.body)));
  if (!made)
    throw rest::error{400, 21220, "Requested resource is not eligible for recording"};
  {
    std::lock_guard lock{mutex_};
    recordings_.emplace(made->sid(), made);
  }
  reply(rest::answer(201, made->show()));
}

std::shared_ptr<call_recording> carrier::find_recording(const http_request& request) const {
  std::lock_guard lock{mutex_};
  const auto found = recordings_.find(request.parts.at("recording"));
  if (found == recordings_.end() || found->second->account_sid() != request.parts.at("account"))
    throw rest::error{404, 20404, "The requested resource " + request.path + " was not found"};
  return found->second;
}

void carrier::update_recording(const http_request& request, const respond& reply) {
  const auto call = find_call(request);
  const auto which = find_recording(request);
  if (value_or(parse_form(request.body), "Status") != "stopped")
    throw rest::error{400, 20001, "Status has no such value"};
  if (which->call_sid() != call->resource().sid || !which->is_running())
    throw rest::error{400, 21220, "Recording is not in the right state for this update"};
  call->stop_recording(which);
  auto shown = which->show();
  shown["status"] = "stopped";
  reply(rest::answer(200, shown));
}

void carrier::show_recording(const http_request& request, const respond& reply) const {
  reply(rest::answer(200, find_recording(request)->show()));
}

void carrier::play_recording(const http_request& request, const respond& reply) const {
  const auto which = find_recording(request);
  if (which->is_running() || which->is_absent())
    throw rest::error{404, 20404, "The requested resource " + request.path + " was not found"};
  http_response out;
  out.body = which->wav();
  out.content_type = "audio/x-wav";
  world_.log().record("recording_fetched", {{"sid", which->call_sid()}});
  reply(std::move(out));
}

void carrier::delete_recording(const http_request& request, const respond& reply) {
  const auto which = find_recording(request);
  if (which->is_running())
    throw rest::error{400, 21220, "Recording is in progress"};
  {
    std::lock_guard lock{mutex_};
    recordings_.erase(which->sid());
  }
  world_.log().record("recording_deleted", {{"sid", which->call_sid()}});
  http_response out;
  out.status = 204;
  reply(std::move(out));
}

void carrier::list(const http_request& request, const respond& reply) const {
  const auto wanted = rest::read_list(request.query);
  const auto& account = request.parts.at("account");
  std::vector<call_resource> found; // newest first
  {
    const auto now = steady::now();
    std::lock_guard lock{mutex_};
    for (auto it = calls_.rbegin(); it != calls_.rend(); ++it) {
      if (it->listed_from > now)
        continue;
      auto call = it->call->resource();
      if (call.account_sid == account && wanted.accepts(call))
        found.push_back(std::move(call));
    }
  }
  // A token names the call that ended the page before, so that a new call
  // moves nothing; without one, the number of the page has to do.
  auto begin = found.begin() + static_cast<ptrdiff_t>(std::min(wanted.page * wanted.page_size, found.size()));
  if (wanted.page_token.starts_with("PA"))
    if (const auto last
        = std::find_if(found.begin(), found.end(), [&](const auto& x) { return x.sid == wanted.page_token.substr(2); });
        last != found.end())
      begin = last + 1;
  const auto left = static_cast<size_t>(found.end() - begin);
  const auto end = begin + static_cast<ptrdiff_t>(std::min(wanted.page_size, left));
  auto calls = json::array();
  for (auto it = begin; it != end; ++it)
    calls.push_back(to_json(*it));
  const auto first = static_cast<size_t>(begin - found.begin());
  json next = nullptr;
  if (end != found.end())
    next = request.path + "?" + wanted.query(wanted.page + 1, "PA" + (end - 1)->sid);
  json previous = nullptr;
  if (wanted.page > 0)
    previous = request.path + "?" + wanted.query(wanted.page - 1, "");
  const auto count = calls.size();
  reply(rest::answer(200, {{"calls", std::move(calls)},
                           {"page", wanted.page},
                           {"page_size", wanted.page_size},
                           {"start", first},
                           {"end", first + std::max<size_t>(count, 1) - 1},
                           {"first_page_uri", request.path + "?" + wanted.query(0, "")},
                           {"next_page_uri", std::move(next)},
                           {"previous_page_uri", std::move(previous)},
                           {"uri", request.path + "?" + wanted.query(wanted.page, wanted.page_token)}}));
}

} // namespace parley::sandbox
