#include "adapters/smtp/mime.hpp"

#include "adapters/smtp/address.hpp"
#include "adapters/smtp/ics.hpp"
#include "runtime/errors.hpp"

#include <date/date.h>

#include <algorithm>
#include <sodium.h>

namespace parley::smtp {

namespace {

// "=_" occurs in no quoted-printable or base64 text (RFC 2045, 6.7), so these
// can never be part of a body.
constexpr std::string_view outer_boundary = "=_parley-mixed";
constexpr std::string_view inner_boundary = "=_parley-alternative";

/// Longer header texts are written as encoded words, which fold: a line must
/// stay below 998 octets (RFC 5322, 2.1.1).
constexpr size_t plain_octets_max = 200;

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.pop_back(); // the terminating zero
  return out;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Length of the longest prefix within `size_max` bytes that cuts no UTF-8
/// character.
size_t whole_characters(std::string_view text, size_t size_max) {
  if (text.size() <= size_max)
    return text.size();
  auto size = size_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  return size > 0 ? size : size_max; // not UTF-8 at all
}

/// RFC 5322 "display name <address>".
std::string mailbox(const std::string& name, const std::string& address) {
  if (name.empty())
    return address;
  if (!is_plain(name) || name.size() > plain_octets_max)
    return encode_words(name) + " <" + address + ">";
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += c;
  }
  return quoted + "\" <" + address + ">";
}

std::string header(std::string_view name, std::string_view value) {
  return std::string{name} + ": " + std::string{value} + "\r\n";
}

std::string part(std::string_view boundary, const std::string& headers, const std::string& body) {
  return "--" + std::string{boundary} + "\r\n" + headers + "\r\n" + body;
}

std::string end_of(std::string_view boundary) {
  return "--" + std::string{boundary} + "--\r\n";
}

std::string text_headers() {
  return header("Content-Type", "text/plain; charset=utf-8") + header("Content-Transfer-Encoding", "quoted-printable");
}

std::string multipart(std::string_view kind, std::string_view boundary) {
  return header("Content-Type", "multipart/" + std::string{kind} + "; boundary=\"" + std::string{boundary} + "\"");
}

std::string body_with_invite(const outgoing_mail& mail, const std::string& ics) {
  const std::string method = mail.meeting->cancel ? "CANCEL" : "REQUEST";
  const auto calendar = base64_lines(ics);
  const auto alternative = part(inner_boundary, text_headers(), quoted_printable(mail.text))
                           + part(inner_boundary,
                                  header("Content-Type", "text/calendar; method=" + method + "; charset=utf-8")
                                    + header("Content-Transfer-Encoding", "base64"),
                                  calendar)
                           + end_of(inner_boundary);
  return part(outer_boundary, multipart("alternative", inner_boundary), alternative)
         + part(outer_boundary,
                header("Content-Type", "application/ics; name=\"invite.ics\"")
                  + header("Content-Disposition", "attachment; filename=\"invite.ics\"")
                  + header("Content-Transfer-Encoding", "base64"),
                calendar)
         + end_of(outer_boundary);
}

caf::error problem_of(const outgoing_mail& mail, const sender& from) {
  const auto bad = [](const char* what) { return caf::make_error(ec::invalid_input, std::string{what}); };
  if (!is_address(from.address) || (!from.reply_to.empty() && !is_address(from.reply_to)))
    return bad("mail: the sender has no usable address");
  if (!is_address(mail.to) || !std::all_of(mail.copies.begin(), mail.copies.end(), is_address))
    return bad("mail: a recipient has no usable address");
  if (!is_one_line(mail.subject) || !is_one_line(mail.to_name) || !is_one_line(from.name))
    return bad("mail: subject or a name has line breaks or control characters");
  const bool id_is_clean = std::all_of(mail.message_id.begin(), mail.message_id.end(),
                                       [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; });
  if (mail.message_id.empty() || !id_is_clean)
    return bad("mail: the message id is empty or has characters that it may not have");
  return caf::none;
}

} // namespace

std::string encode_words(std::string_view text) {
  if (is_plain(text) && text.size() <= plain_octets_max && text.find("=?") == std::string_view::npos)
    return std::string{text};
  const size_t chunk_octets_max = 39; // words of 64, which leaves room for "Reply-To: " in a line of 76
  std::string out;
  while (!text.empty()) {
    const auto size = whole_characters(text, chunk_octets_max);
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  const size_t line_octets_max = 75; // and the "=" of a soft line break
  std::string out;
  size_t column = 0;
  const auto emit = [&](std::string_view token) {
    if (column + token.size() > line_octets_max) {
      out += "=\r\n";
      column = 0;
    }
    out += token;
    column += token.size();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (c == '\n' || is_crlf) {
      i += is_crlf ? 1 : 0;
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool is_blank = c == ' ' || c == '\t';
    if ((c > 0x20 && c < 0x7f && c != '=') || (is_blank && !ends_line)) {
      emit({&c, 1});
    } else {
      const auto byte = static_cast<unsigned char>(c);
      const char token[] = {'=', digits[byte >> 4], digits[byte & 15]};
      emit({token, 3});
    }
  }
  if (column > 0)
    out += "\r\n";
  return out;
}

std::string base64_lines(std::string_view bytes) {
  const auto all = base64(bytes);
  std::string out;
  for (size_t i = 0; i < all.size(); i += 76)
    out += all.substr(i, 76) + "\r\n";
  return out;
}

caf::expected<wire_mail> render_mail(const outgoing_mail& mail, const sender& from, wall_time now) {
  if (auto problem = problem_of(mail, from))
    return problem;
  wire_mail out;
  out.from = from.address;
  out.recipients = mail.copies;
  out.recipients.insert(out.recipients.begin(), mail.to);
  std::string copies;
  for (const auto& address : mail.copies)
    copies += (copies.empty() ? "" : ",\r\n ") + address;
  // A message id needs a right side (RFC 5322, 3.6.4).
  const bool has_domain = mail.message_id.find('@') != std::string::npos;
  const auto id = has_domain ? mail.message_id : mail.message_id + "@" + std::string{domain_of(from.address)};
  const auto seconds
    = date::floor<std::chrono::seconds>(date::sys_time<std::chrono::milliseconds>{now.time_since_epoch()});

  out.content = header("Date", date::format("%a, %d %b %Y %H:%M:%S +0000", seconds))
                + header("From", mailbox(from.name, from.address)) + header("To", mailbox(mail.to_name, mail.to));
  if (!copies.empty())
    out.content += header("Cc", copies);
  if (!from.reply_to.empty())
    out.content += header("Reply-To", from.reply_to);
  out.content += header("Subject", encode_words(mail.subject)) + header("Message-ID", "<" + id + ">")
                 + header("MIME-Version", "1.0");
  if (!mail.meeting) {
    out.content += text_headers() + "\r\n" + quoted_printable(mail.text);
    return out;
  }
  const auto ics = render_invite(*mail.meeting, now);
  if (!ics)
    return ics.error();
  out.content += multipart("mixed", outer_boundary) + "\r\n" + body_with_invite(mail, *ics);
  return out;
}

} // namespace parley::smtp
