// Goal: a webhook is accepted if and only if Twilio signed it. The expected
// signatures were computed with Twilio's own client library (Node, 6.2.0).
#include "adapters/twilio/signature.hpp"

#include <catch2/catch.hpp>

namespace twilio_signature_test {

using namespace parley;
using twilio::signature;
using twilio::verify;

static const std::string token = "12345678901234567890123456789012";
static const std::string status_url = "https://voice.example.com/twilio/status?tenant=acme&leg=1";
static const http_fields status_form{{"CallSid", "CA00000000000000000000000000000001"},
                                     {"AccountSid", "AC00000000000000000000000000000001"},
                                     {"From", "+15005550006"},
                                     {"To", "+15551230001"},
                                     {"CallStatus", "completed"},
                                     {"CallDuration", "42"},
                                     {"Direction", "outbound-api"},
                                     {"Timestamp", "Tue, 04 Aug 2026 12:00:00 +0000"},
                                     {"SequenceNumber", "3"},
                                     {"CallbackSource", "call-progress-events"},
                                     {"ApiVersion", "2010-04-01"}};

namespace {

struct vector {
  const char* name;
  std::string url;
  http_fields form;
  const char* expected;
};

const std::vector<vector> vectors{
  {"form", status_url, status_form, "Ag5zmP17jLGeKL3LVSS/uQRHWco="},
  {"standard port", "https://voice.example.com:443/twilio/status?tenant=acme&leg=1", status_form,
   "kH2EIxlKl7TcZEeQZwQFTtIbxyI="},
  {"other port", "https://voice.example.com:8443/twilio/status?tenant=acme&leg=1", status_form,
   "anAMq31U1q9MqmbgSNHSuiD5DCc="},
  {"GET", "https://voice.example.com/twiml?call=42", {}, "uxVdn+JFYJ2dPuW+v+fiN/Cno9U="},
  {"WebSocket", "wss://voice.example.com/media", {}, "OXGAWoXBARgYOQdO2iHke4KK+yQ="},
  {"WebSocket with slash", "wss://voice.example.com/media/", {}, "+QioAScYZ9+iHFf/noofAxtunho="},
  {"repeated name", status_url, {{"A", "x"}, {"B", "2"}, {"B", "1"}, {"B", "2"}}, "DnOZS59NaZfheZYxVhcV5/GUMYo="},
  {"empty value", status_url, {{"A", "x"}, {"B", ""}}, "Xktp9Tgek4ocgxwacZF0Ua8+0JI="},
  {"UTF-8 and reserved", status_url, {{"A", "x y+z&="}, {"Body", "Grüße ✓ 😀"}}, "NgO6bpV0ymjsYtEsxF6qpIJicFY="},
  {"case of names", status_url, {{"A", "4"}, {"B", "2"}, {"a", "3"}, {"b", "1"}}, "qlThxtfiRxNFdPTsXc8NVy1Rt8s="},
  {"JSON body",
   "https://voice.example.com/hook?x=1&bodySHA256="
   "451bcf4ede3755ed5e310a6444870be209c3fcd72f4040120e2234f4d8afca22",
   {},
   "vmSeAvQkN+tYaahUeB2y2dTff70="},
};

} // namespace

TEST_CASE("Twilio's signatures are computed as Twilio does", "[twilio][signature]") {
  for (const auto& [name, url, form, expected] : vectors) {
    INFO(name);
    CHECK(signature(token, url, form) == expected);
    CHECK(verify({token}, url, form, expected));
  }
  const http_fields form{{"CallSid", "CA1234567890ABCDE"},
                         {"Caller", "+14158675310"},
                         {"Digits", "1234"},
                         {"From", "+14158675310"},
                         {"To", "+18005551212"}};
  CHECK(signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "GvWf1cFY/Q7PnoempGyD5oXAezc=");
}

TEST_CASE("any change breaks the signature", "[twilio][signature]") {
  const auto* const good = "Ag5zmP17jLGeKL3LVSS/uQRHWco=";
  auto form = status_form;
  SECTION("a value") {
    form[4].second = "busy";
  }
  SECTION("a name") {
    form[4].first = "callStatus";
  }
  SECTION("one more parameter") {
    form.emplace_back("A", "");
  }
  SECTION("one parameter less") {
    form.pop_back();
  }
  CHECK_FALSE(verify({token}, status_url, form, good));
  CHECK_FALSE(verify({token}, status_url + "&", status_form, good));
  CHECK_FALSE(verify({token}, "http" + status_url.substr(5), status_form, good));
  CHECK_FALSE(verify({"another"}, status_url, status_form, good));
  CHECK_FALSE(verify({token}, status_url, status_form, ""));
  CHECK_FALSE(verify({token}, status_url, status_form, "Ag5zmP17jLGeKL3LVSS/uQRHWcp="));
  CHECK_FALSE(verify({token}, status_url, status_form, "Ag5zmP17jLGeKL3LVSS/uQRHWc"));
}

TEST_CASE("either token is accepted while tokens are rotated", "[twilio][signature]") {
  const auto* const good = "Ag5zmP17jLGeKL3LVSS/uQRHWco=";
  CHECK(verify({"new", token}, status_url, status_form, good));
  CHECK(verify({token, "new"}, status_url, status_form, good));
  CHECK(verify({token, "new"}, status_url, status_form, signature("new", status_url, status_form)));
  CHECK_FALSE(verify({}, status_url, status_form, good));
  // An unset token must not open the door to whoever signs with nothing.
  CHECK_FALSE(verify({""}, status_url, status_form, signature("", status_url, status_form)));
}

TEST_CASE("a proxy may add the standard port or remove any", "[twilio][signature]") {
  const auto signed_as = [](const std::string& url) { return signature(token, url, {}); };
  const auto accepts
    = [&](const std::string& url, const std::string& actual) { return verify({token}, url, {}, signed_as(actual)); };
  CHECK(accepts("https://a.example/x", "https://a.example:443/x"));
  CHECK(accepts("https://a.example:443/x", "https://a.example/x"));
  CHECK(accepts("https://a.example:8443/x", "https://a.example/x"));
  CHECK(accepts("http://a.example/x", "http://a.example:80/x"));
  CHECK(accepts("wss://a.example/x?y=1:2", "wss://a.example:443/x?y=1:2"));
  CHECK(accepts("https://[::1]/x", "https://[::1]:443/x"));
  CHECK(accepts("https://[::1]:8443/x", "https://[::1]/x"));
  CHECK_FALSE(accepts("https://a.example/x", "https://a.example:8443/x"));
  CHECK_FALSE(accepts("https://a.example/x", "https://a.example:80/x"));
  CHECK_FALSE(accepts("http://a.example/x", "http://a.example:443/x"));
}

TEST_CASE("a JSON body must fit the hash in its signed address", "[twilio][signature]") {
  const std::string hash = "451bcf4ede3755ed5e310a6444870be209c3fcd72f4040120e2234f4d8afca22";
  const std::string body = R"({"event":"done","n":1})";
  CHECK(twilio::body_fits("https://a.example/hook?x=1&bodySHA256=" + hash, body));
  CHECK(twilio::body_fits("https://a.example/hook?bodySHA256=" + hash + "&x=1", body));
  CHECK_FALSE(twilio::body_fits("https://a.example/hook?x=1&bodySHA256=" + hash, body + " "));
  CHECK_FALSE(twilio::body_fits("https://a.example/hook?x=1", body));
  CHECK_FALSE(twilio::body_fits("https://a.example/hook?xbodySHA256=" + hash, body));
  CHECK_FALSE(twilio::body_fits("https://a.example/bodySHA256=" + hash, body));
}

} // namespace twilio_signature_test
