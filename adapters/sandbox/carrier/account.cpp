#include "adapters/sandbox/carrier/account.hpp"

#include "adapters/sandbox/carrier/rest.hpp"

namespace parley::sandbox::rest {

using nlohmann::json;

namespace {

std::string uri_of(const std::string& account, const std::string& what) {
  return "/2010-04-01/Accounts/" + account + what;
}

/// A page of a list, the only one.
http_response page(const std::string& account, const std::string& name, const char* key, json list) {
  const auto uri = uri_of(account, "/" + name + ".json") + "?PageSize=50&Page=0";
  const auto count = list.size();
  json body{{"page", 0},
            {"page_size", 50},
            {"start", 0},
            {"end", count == 0 ? 0 : count - 1},
            {"uri", uri},
            {"first_page_uri", uri},
            {"next_page_uri", nullptr},
            {"previous_page_uri", nullptr}};
  body[key] = std::move(list);
  return answer(200, body);
}

bool is_number(const std::string& text) {
  return text.size() >= 8 && text.size() <= 16 && text.front() == '+' && text[1] != '0'
         && text.find_first_not_of("0123456789", 1) == text.npos;
}

} // namespace

http_response show_account(const std::string& account) {
  return answer(200, {{"sid", account},
                      {"friendly_name", "Practice"},
                      {"status", "active"},
                      {"type", "Full"},
                      {"owner_account_sid", account},
                      {"uri", uri_of(account, ".json")}});
}

http_response list_numbers(const std::string& account, const http_request& request) {
  auto list = json::array();
  const auto wanted = value_or(request.query, "PhoneNumber");
  if (is_number(wanted)) {
    const auto sid = "PN" + std::string(32 - (wanted.size() - 1), '0') + wanted.substr(1);
    list.push_back({{"sid", sid},
                    {"account_sid", account},
                    {"friendly_name", wanted},
                    {"phone_number", wanted},
                    {"capabilities", {{"voice", true}, {"sms", false}, {"mms", false}, {"fax", false}}},
                    {"status", "in-use"},
                    {"uri", uri_of(account, "/IncomingPhoneNumbers/" + sid + ".json")}});
  }
  return page(account, "IncomingPhoneNumbers", "incoming_phone_numbers", std::move(list));
}

http_response list_caller_ids(const std::string& account, const http_request&) {
  return page(account, "OutgoingCallerIds", "outgoing_caller_ids", json::array());
}

} // namespace parley::sandbox::rest
