// The only file that compiles Beast's WebSockets and TLS.
#include "adapters/media/link.hpp"

#include "adapters/media/opening.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace parley::media {

namespace net = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using socket_type = net::basic_stream_socket<net::ip::tcp, strand>;
using tls_stream = net::ssl::stream<socket_type>;

// A buffer that one long message made larger than this is given back.
static constexpr size_t kept_bytes_max = 8 * 1024;

// Messages longer than this count as this long. What shows that a peer reads
// too slowly is audio that piles up, not one long set of instructions.
static constexpr size_t counted_bytes_max = 2 * 1024;

static size_t counted_bytes(std::string_view message) {
  return std::min(message.size(), counted_bytes_max);
}

/// What plain and TLS links share. `Stream` is the layer below the WebSocket;
/// compression is compiled out, audio does not compress.
template <class Stream>
class beast_link : public link {
public:
  template <class... Args>
  beast_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits, Args&&... args)
    : executor_{executor}, owner_{std::move(owner)}, limits_{limits}, ws_{std::forward<Args>(args)...}, deadline_{
                                                                                                          executor} {
    // Beast's own timers would run on the socket's first strand, not on the
    // one it is handed to; `keep_alive` and the owner's deadlines stand in.
    ws_.set_option(
      websocket::stream_base::timeout{websocket::stream_base::none(), websocket::stream_base::none(), false});
    ws_.read_message_max(limits.message_max);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) { heard(); });
  }

  bool send(std::string_view message) override {
    if (ended_ || finishing_)
      return true; // nobody reads it, and nobody is too slow
    const auto size = counted_bytes(message);
    if ((unsent_ > 0 && unsent_ + size > limits_.unsent_max) || message.size() > sent_message_max)
      return false;
    unsent_ += size;
    filling_.add(message);
    write();
    return true;
  }

  void drop_backlog() override {
    filling_.clear();
    // Only the message on its way stays, everything behind it is skipped.
    written_end_ = std::min(written_end_, writing_now_ ? written_ + 1 : written_);
    unsent_ = writing_now_ ? counted_bytes(writing_[written_]) : 0;
  }

  void finish(uint16_t code, std::string_view reason) override {
    if (ended_ || finishing_)
      return;
    finishing_ = true;
    close_reason_ = {static_cast<websocket::close_code>(code), {reason.data(), std::min<size_t>(reason.size(), 120)}};
    deadline_.expires_after(limits_.close_timeout);
    deadline_.async_wait(net::bind_executor(executor_, [self = shared()](error_code e) {
      if (!e)
        self->end(ec::none, "closed");
    }));
    if (!open_)
      return end_later(ec::none, "closed");
    if (!writing_now_)
      close();
  }

  void abort() override {
    owner_.reset();
    end(ec::none, {});
  }

  void pause() override { reading_ = false; }

  void resume(std::weak_ptr<link_owner> owner, strand executor) override {
    owner_ = std::move(owner);
    executor_ = executor;
    reading_ = true;
    read();
  }

  void keep_alive(clock::time_point now, std::chrono::milliseconds interval) override {
    if (!open_ || ended_ || finishing_)
      return;
    if (pinged_at_ && now - *pinged_at_ > interval) {
      end_later(ec::vendor_unavailable, "silent connection");
    } else if (!pinged_at_ && now - heard_at_ > interval) {
      pinged_at_ = now;
      ws_.async_ping({}, net::bind_executor(executor_, [self = shared()](error_code) {}));
    }
  }

protected:
  std::shared_ptr<beast_link> shared() { return std::static_pointer_cast<beast_link>(shared_from_this()); }

  void opened() {
    if (ended_)
      return;
    boost::beast::get_lowest_layer(ws_).set_option(net::ip::tcp::no_delay{true});
    open_ = true;
    heard();
    if (finishing_)
      return close();
    read();
    if (auto owner = owner_.lock())
      owner->link_opened(*this);
  }

  /// Tells the owner unless the link is over already.
  void end(ec code, const std::string& reason) {
    if (std::exchange(ended_, true))
      return;
    error_code ignored; // closing a socket that is broken already
    disconnect();
    boost::beast::get_lowest_layer(ws_).close(ignored);
    deadline_.cancel();
    if (auto owner = std::exchange(owner_, {}).lock())
      owner->link_gone(*this, code, reason);
  }

  /// The same once the owner's call into this link has returned.
  void end_later(ec code, std::string reason) {
    net::post(executor_, [self = shared(), code, reason = std::move(reason)] { self->end(code, reason); });
  }

  /// Cancels what a derived class has under way before the WebSocket is open.
  virtual void disconnect() {}

  strand executor_;
  std::weak_ptr<link_owner> owner_;
  link_limits limits_;
  websocket::stream<Stream, false> ws_;
  bool ended_ = false;

private:
  void heard() {
    heard_at_ = clock::now();
    pinged_at_.reset();
  }

  void read() {
    ws_.async_read(buffer_,
                   net::bind_executor(executor_, [self = shared()](error_code e, size_t) { self->read_done(e); }));
  }

  void read_done(error_code e) {
    if (ended_)
      return;
    if (e)
      return end(e == websocket::error::closed ? ec::none : ec::vendor_unavailable, reason_of(e));
    heard();
    if (!ws_.got_text()) {
      refuse(websocket::close_code::unknown_data, "binary message");
      return;
    }
    const auto size = buffer_.size();
    buffer_.prepare(frame_padding);
    if (auto owner = owner_.lock(); owner && !finishing_)
      owner->link_received(*this, {static_cast<const char*>(buffer_.data().data()), size});
    buffer_.consume(size);
    if (buffer_.capacity() > kept_bytes_max)
      buffer_.shrink_to_fit();
    if (reading_ && !ended_)
      read();
  }

  /// The peer broke the protocol: says so to both sides.
  void refuse(uint16_t code, const std::string& reason) {
    auto owner = std::exchange(owner_, {}).lock();
    finish(code, reason);
    if (owner)
      owner->link_gone(*this, ec::vendor_answered_rubbish, reason);
  }

  static std::string reason_of(error_code e) {
    if (e == websocket::error::closed || e == net::error::eof)
      return "closed by the peer";
    if (e == websocket::error::message_too_big || e == websocket::error::buffer_overflow)
      return "message too long";
    if (e.category() == make_error_code(websocket::error::closed).category())
      return "broken WebSocket protocol";
    return "connection lost";
  }

  void write() {
    if (writing_now_ || !open_)
      return;
    if (written_ >= written_end_) {
      writing_.clear();
      std::swap(writing_, filling_);
      written_ = 0;
      written_end_ = writing_.size();
    }
    if (written_ < written_end_) {
      writing_now_ = true;
      const auto message = writing_[written_];
      ws_.async_write(net::buffer(message.data(), message.size()),
                      net::bind_executor(executor_, [self = shared()](error_code e, size_t) { self->write_done(e); }));
    } else if (finishing_) {
      close();
    } else if (auto owner = owner_.lock()) {
      owner->link_drained(*this);
    }
  }

  void write_done(error_code e) {
    writing_now_ = false;
    if (ended_)
      return;
    if (e)
      return end(ec::vendor_unavailable, reason_of(e));
    unsent_ -= counted_bytes(writing_[written_++]);
    write();
  }

  void close() {
    ws_.async_close(close_reason_,
                    net::bind_executor(executor_, [self = shared()](error_code) { self->end(ec::none, "closed"); }));
  }

  net::basic_waitable_timer<clock, net::wait_traits<clock>, strand> deadline_;
  boost::beast::flat_buffer buffer_;
  frame_list filling_; // waits
  frame_list writing_; // is being written, one message after the other
  size_t written_ = 0;
  size_t written_end_ = 0;
  size_t unsent_ = 0; // bytes as `counted_bytes` has them
  clock::time_point heard_at_ = clock::now();
  std::optional<clock::time_point> pinged_at_; // unanswered
  websocket::close_reason close_reason_;
  bool open_ = false;
  bool reading_ = true;
  bool writing_now_ = false;
  bool finishing_ = false;
};

/// The carrier's socket: we are the server.
class carrier_link final : public beast_link<socket_type> {
public:
  using beast_link::beast_link;

  void accept(upgrade_request upgrade) {
    upgrade_ = std::move(upgrade);
    ws_.async_accept(upgrade_, net::bind_executor(executor_, [self = shared_from_this(), this](error_code e) {
                       upgrade_ = {};
                       e ? end(ec::vendor_answered_rubbish, "no WebSocket handshake") : opened();
                     }));
  }

private:
  upgrade_request upgrade_;
};

/// The model's socket: we are the client. Resolve, connect, TLS, upgrade.
template <class Stream>
class model_link final : public beast_link<Stream> {
public:
  template <class... Args>
  model_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits, realtime_address address,
             std::string api_key, Args&&... args)
    : beast_link<Stream>{executor, std::move(owner), limits, std::forward<Args>(args)...}, address_{std::move(address)},
      api_key_{std::move(api_key)}, resolver_{executor} {}

  void connect() {
    resolver_.async_resolve(address_.host, address_.port, next([this](const auto& found) {
                              net::async_connect(boost::beast::get_lowest_layer(this->ws_), found,
                                                 next([this](const auto&) { secure(); }));
                            }));
  }

private:
  /// A handler that goes on with `then`, or ends the link with the error.
  template <class Then>
  auto next(Then then) {
    return net::bind_executor(this->executor_, [self = this->shared(), this, then](error_code e, auto&&... results) {
      if (this->ended_)
        return;
      if (e)
        failed(http_failure::connect, "cannot connect");
      else
        then(results...);
    });
  }

  void secure() {
    if constexpr (std::is_same_v<Stream, tls_stream>) {
      auto& tls = this->ws_.next_layer();
      // Virtual hosts tell their certificate by this name.
      if (!SSL_set_tlsext_host_name(tls.native_handle(), address_.host.c_str()))
        return this->end(ec::vendor_unavailable, "cannot connect");
      tls.set_verify_callback(net::ssl::host_name_verification{address_.host});
      tls.async_handshake(net::ssl::stream_base::client, next([this] { upgrade(); }));
    } else {
      upgrade();
    }
  }

  void upgrade() {
    this->ws_.set_option(websocket::stream_base::decorator([key = api_key_, beta = address_.beta](auto& request) {
      request.set(http::field::user_agent, "parley");
      if (beta)
        request.set("OpenAI-Beta", "realtime=v1");
      if (!key.empty())
        request.set(http::field::authorization, "Bearer " + key);
    }));
    const auto standard = address_.port == "443" || address_.port == "80";
    const auto host = standard ? address_.host : address_.host + ":" + address_.port;
    this->ws_.async_handshake(answer_, host, address_.target,
                              net::bind_executor(this->executor_, [self = this->shared(), this](error_code e) {
                                if (!e)
                                  this->opened();
                                else
                                  refused(e);
                                answer_ = {};
                              }));
  }

  void failed(http_failure how, const std::string& reason) {
    this->failed_upgrade_.emplace().failure = how;
    this->end(ec::vendor_unavailable, reason);
  }

  void refused(error_code e) {
    if (e != websocket::error::upgrade_declined)
      return failed(http_failure::broken, "no WebSocket handshake");
    this->failed_upgrade_ = refusal_of(answer_);
    const auto status = answer_.result_int();
    const auto code = status == 401 || status == 403   ? ec::vendor_unauthorised
                      : status == 429 || status >= 500 ? ec::vendor_unavailable
                                                       : ec::vendor_refused;
    this->end(code, "the model refused the connection: " + std::to_string(status));
  }

  void disconnect() override { resolver_.cancel(); }

  realtime_address address_;
  std::string api_key_;
  net::ip::basic_resolver<net::ip::tcp, strand> resolver_;
  websocket::response_type answer_;
};

std::shared_ptr<link> accept_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits,
                                  net::ip::tcp protocol, int socket, upgrade_request upgrade) {
  auto made
    = std::make_shared<carrier_link>(executor, std::move(owner), limits, socket_type{executor, protocol, socket});
  net::post(executor, [made, upgrade = std::move(upgrade)]() mutable { made->accept(std::move(upgrade)); });
  return made;
}

std::shared_ptr<link>
connect_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits, const realtime_address& address,
             net::ssl::context& tls, const std::string& api_key) {
  const auto start = [&executor](auto made) {
    net::post(executor, [made] { made->connect(); });
    return made;
  };
  if (address.tls)
    return start(std::make_shared<model_link<tls_stream>>(executor, std::move(owner), limits, address, api_key,
                                                          socket_type{executor}, tls));
  return start(std::make_shared<model_link<socket_type>>(executor, std::move(owner), limits, address, api_key,
                                                         socket_type{executor}));
}

net::ssl::context make_tls_context(const std::string& ca_file) {
  net::ssl::context out{net::ssl::context::tls_client};
  if (ca_file.empty())
    out.set_default_verify_paths();
  else
    out.load_verify_file(ca_file);
  out.set_verify_mode(net::ssl::verify_peer);
  // Idle connections then hold no record buffers, 34 KB each.
  SSL_CTX_set_mode(out.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return out;
}

} // namespace parley::media
