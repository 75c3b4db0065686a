#include "adapters/http/oauth.hpp"

#include "runtime/foreign_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

namespace parley {

using steady = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds expiry_margin{60};
// What RFC 6749 recommends to assume nothing about; vendors give an hour or
// half of one, so this is short enough when one says nothing.
constexpr int64_t lifetime_default_s = 300;
// All tries of one refresh: whoever waits for it has a deadline of its own,
// and those who come later want another refresh soon.
constexpr std::chrono::seconds refresh_time_max{20};

struct access_token {
  std::string value;
  steady::time_point expires;
  uint64_t generation = 0; // 0: never had one
};

} // namespace

struct oauth_session::state : std::enable_shared_from_this<state> {
  // Gets a token, or the answer that stands for its absence.
  using token_callback = std::function<void(const access_token*, const http_response&)>;

  void send(http_request request, http_callback done) {
    with_token(0, [self = shared_from_this(), request = std::move(request),
                   done = std::move(done)](const access_token* token, const http_response& failure) {
      if (token)
        self->send_with(*token, request, done, true);
      else
        done(failure);
    });
  }

  void send_with(const access_token& token, const http_request& request, const http_callback& done, bool may_renew) {
    auto authorised = request;
    authorised.headers.push_back(bearer_auth(token.value));
    api(std::move(authorised),
        [self = shared_from_this(), used = token.generation, request, done, may_renew](http_response response) {
          if (!may_renew || response.failure != http_failure::none || response.status != 401)
            return done(std::move(response));
          self->with_token(used, [self, request, done](const access_token* fresh, const http_response& failure) {
            if (fresh)
              self->send_with(*fresh, request, done, false);
            else
              done(failure);
          });
        });
  }

  // Calls back with a token that is valid and not of the generation `refused`.
  void with_token(uint64_t refused, token_callback callback) {
    std::unique_lock lock{mutex};
    if (token.generation > refused && steady::now() < token.expires) {
      const auto current = token;
      lock.unlock();
      return callback(&current, {});
    }
    waiting.push_back(std::move(callback));
    if (waiting.size() > 1)
      return; // somebody is fetching it already
    lock.unlock();
    fetch();
  }

  /// How a token is asked for: with the refresh token (RFC 6749, 6) or with an
  /// assertion (RFC 7523, 2.1).
  http_request token_request() const {
    if (account)
      return post_form(account->token_url, {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                                            {"assertion", assertion_of(*account, std::chrono::system_clock::now())}});
    return post_form(credentials.token_url, {{"grant_type", "refresh_token"},
                                             {"client_id", credentials.client_id},
                                             {"client_secret", credentials.client_secret},
                                             {"refresh_token", credentials.refresh_token}});
  }

  void fetch() {
    auto request = token_request();
    request.headers.emplace_back("Accept", "application/json");
    request.operation = "refresh_token";
    request.deadline = steady::now() + refresh_time_max;
    request.response_bytes_max = 64u << 10;
    token_endpoint(std::move(request), [self = shared_from_this()](http_response r) { self->fetched(std::move(r)); });
  }

  void fetched(http_response response) {
    const bool have = response.ok() && take(response);
    if (!have && response.failure == http_failure::none) {
      const bool refused = response.status == 400 || response.status == 401 || response.status == 403;
      if (refused || response.ok()) {
        response.failure = http_failure::unauthorised;
        response.detail = refused
                            ? "the token endpoint refused the credentials, status " + std::to_string(response.status)
                            : "the token endpoint's answer holds no token";
      }
    }
    response.body.clear(); // may hold secrets
    std::unique_lock lock{mutex};
    auto callbacks = std::exchange(waiting, {});
    const auto current = token;
    lock.unlock();
    for (auto& callback : callbacks)
      callback(have ? &current : nullptr, response);
  }

  bool take(const http_response& response) {
    const auto json = parse_foreign(response.body);
    if (!json.is_object() || !json.contains("access_token") || !json["access_token"].is_string())
      return false;
    auto lifetime = lifetime_default_s;
    if (const auto found = json.find("expires_in"); found != json.end() && found->is_number())
      lifetime = static_cast<int64_t>(std::clamp(found->get<double>(), 1.0, 86'400.0));
    std::lock_guard guard{mutex};
    token.value = json["access_token"].get<std::string>();
    token.expires = steady::now()
                    + std::max<steady::duration>(std::chrono::seconds{lifetime} - expiry_margin,
                                                 std::chrono::seconds{lifetime} / 2);
    ++token.generation;
    if (const auto next = json.find("refresh_token"); next != json.end() && next->is_string())
      credentials.refresh_token = next->get<std::string>(); // some servers rotate it
    return true;
  }

  std::optional<service_account> account; // instead of credentials
  oauth_credentials credentials;          // written by `take` only, read by `fetch`; never at the same time
  http_sender api;
  http_sender token_endpoint;
  std::mutex mutex; // guards the two below
  access_token token;
  std::vector<token_callback> waiting;
};

oauth_session::oauth_session(oauth_credentials credentials, http_sender api, http_sender token_endpoint)
  : state_{std::make_shared<state>()} {
  state_->credentials = std::move(credentials);
  state_->api = std::move(api);
  state_->token_endpoint = std::move(token_endpoint);
}

oauth_session oauth_session::of_account(service_account account, http_sender api, http_sender token_endpoint) {
  assertion_of(account, std::chrono::system_clock::now()); // a key that cannot sign is told to whoever configures it
  oauth_session out{oauth_credentials{}, std::move(api), std::move(token_endpoint)};
  out.state_->account = std::move(account);
  return out;
}

oauth_session::~oauth_session() = default;

void oauth_session::send(http_request request, http_callback done) {
  state_->send(std::move(request), std::move(done));
}

http_sender oauth_session::sender() const {
  return
    [state = state_](http_request request, http_callback done) { state->send(std::move(request), std::move(done)); };
}

} // namespace parley
