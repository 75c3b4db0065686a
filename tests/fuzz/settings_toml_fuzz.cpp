// The node's configuration file: every kind of key that a section knows.
#include "adapters/web/settings.hpp"
#include "runtime/settings/section.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace settings_toml_fuzz {

using namespace parley;
using namespace std::chrono_literals;
using fuzz::holds;

namespace {

struct everything {
  int64_t whole = 5;
  double real = 0.5;
  bool flag = false;
  std::string text = "as it was";
  std::string word = "one";
  std::string address;
  std::vector<std::string> list;
  std::chrono::milliseconds span{1000};
  std::vector<std::string> managers;

  void describe(settings::section& s) {
    s.number<int64_t>("whole", whole, -10, 10, "things", "A whole number.");
    s.number("real", real, 0.0, 1.0, "", "A number.");
    s.flag("flag", flag, "Yes or no.");
    s.text("text", text, "A text.");
    s.choice("word", word, {"one", "two", "three"}, "A word.");
    s.url("address", address, "An address.");
    s.texts("list", list, "Texts.");
    s.duration("span", span, 1ms, 1h, "A length of time.");
    s.tables("manager", [this](settings::section& t) {
      std::string name;
      t.required("name", name, "A name.");
      managers.push_back(name);
    });
  }
};

} // namespace

static void read_one(std::string_view input) {
  const std::string text{input};
  if (const auto span = settings::parse_duration(text))
    holds(*span >= 0ms, "no length of time is negative");
  everything x;
  web_settings web;
  try {
    settings::document::parse(text, "fuzz.toml").read([&](settings::section& s) {
      x.describe(s);
      s.table("web", [&](settings::section& t) { web.describe(t); });
    });
  } catch (const settings::invalid& e) {
    holds(!e.problems().empty(), "a file is not refused without a reason");
    for (const auto& problem : e.problems())
      holds(problem.starts_with("fuzz.toml:"), "a problem names its file");
    return;
  }
  holds(x.whole >= -10 && x.whole <= 10 && x.real >= 0 && x.real <= 1 && x.span >= 1ms && x.span <= 1h,
        "what was taken lies within its bounds");
  holds(web.connections_max >= 1, "a node that takes no connection is refused");
  for (const auto& name : x.managers)
    holds(!name.empty(), "what is required is there");
}

static const fuzz::target registered{"settings_toml", read_one};

} // namespace settings_toml_fuzz
