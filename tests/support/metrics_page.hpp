#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace parley::test {

/// A row of docs/metrics.md.
struct documented_metric {
  std::string type;
  std::set<std::string> labels;
  std::string meaning;
};

/// Rows "| `name` | type | labels | meaning |"; of a name that stands there
/// twice, the text of the second one is empty.
inline std::map<std::string, documented_metric> documented_metrics() {
  static const std::regex row{R"re(\| `([a-z0-9_]+)` \| ([a-z]+) \| ([^|]*) \| ([^|]+) \|)re"};
  std::map<std::string, documented_metric> out;
  std::ifstream in{PARLEY_SOURCE_DIR "/docs/metrics.md"};
  for (std::string line; std::getline(in, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row))
      continue;
    documented_metric x{found[2], {}, found[4]};
    std::istringstream labels{found[3].str()};
    for (std::string label; labels >> label;) {
      label.erase(std::remove(label.begin(), label.end(), ','), label.end());
      x.labels.insert(label);
    }
    if (const auto [known, fresh] = out.emplace(found[1], x); !fresh)
      known->second.meaning.clear();
  }
  return out;
}

/// Reads a page of /metrics by the text format 0.0.4.
class metrics_page {
public:
  explicit metrics_page(const std::string& text) : documented_{documented_metrics()} {
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
      read(line);
    for (const auto& [name, family] : families_)
      if (family.help.empty())
        problem(name, "has no help");
  }

  /// What is not as docs/metrics.md says: a name that is not there, another
  /// type, other labels; and what Prometheus would refuse. A metric that is
  /// documented but not on the page is none: some come with their first event.
  const std::set<std::string>& problems() const { return problems_; }

  /// Names without the suffixes of histograms.
  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& [name, family] : families_)
      if (family.samples > 0)
        out.insert(name);
    return out;
  }

private:
  struct family {
    std::string type;
    std::string help;
    size_t samples = 0;
  };

  void problem(const std::string& name, const std::string& what) { problems_.insert(name + " " + what); }

  void read(const std::string& line) {
    static const std::regex about{R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) ?(.*))"};
    static const std::regex sample{R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (\S+)( -?[0-9]+)?)re"};
    std::smatch found;
    if (std::regex_match(line, found, about)) {
      auto& x = families_[found[2]];
      (found[1] == "HELP" ? x.help : x.type) = found[3];
      if (found[1] == "TYPE")
        check_type(found[2], found[3]);
    } else if (std::regex_match(line, found, sample)) {
      if (!series_.insert(found[1].str() + found[2].str()).second)
        problem(found[1].str() + found[2].str(), "is there twice");
      check_sample(found[1], label_keys(found[3]));
    } else if (!line.empty() && !line.starts_with('#')) {
      problem("a line", "cannot be read: " + line);
    }
  }

  void check_type(const std::string& name, const std::string& type) {
    const auto row = documented_.find(name);
    if (row == documented_.end())
      problem(name, "is not in docs/metrics.md");
    else if (row->second.type != type)
      problem(name, "is a " + type + ", in docs/metrics.md a " + row->second.type);
  }

  void check_sample(std::string name, std::set<std::string> labels) {
    bool bucket = false;
    for (const std::string suffix : {"_bucket", "_sum", "_count"})
      if (const auto stem = name.substr(0, name.size() - std::min(suffix.size(), name.size()));
          name.ends_with(suffix) && families_.contains(stem) && families_[stem].type == "histogram") {
        name = stem;
        bucket = suffix == "_bucket";
        break;
      }
    if (!families_.contains(name) || families_[name].type.empty())
      problem(name, "has no type");
    ++families_[name].samples;
    if (bucket && labels.erase("le") == 0)
      problem(name, "has a bucket without a bound");
    if (const auto row = documented_.find(name); row != documented_.end() && row->second.labels != labels)
      problem(name, "has the labels " + listed(labels) + ", in docs/metrics.md " + listed(row->second.labels));
  }

  static std::set<std::string> label_keys(const std::string& text) {
    static const std::regex pair{R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?)re"};
    std::set<std::string> out;
    for (std::sregex_iterator at{text.begin(), text.end(), pair}, end; at != end; ++at)
      out.insert((*at)[1]);
    return out;
  }

  static std::string listed(const std::set<std::string>& labels) {
    std::string out;
    for (const auto& label : labels)
      out += (out.empty() ? "" : ", ") + label;
    return out.empty() ? "(none)" : out;
  }

  const std::map<std::string, documented_metric> documented_;
  std::map<std::string, family> families_;
  std::set<std::string> series_;
  std::set<std::string> problems_;
};

/// Where promtool is; empty if it is not. cluster/setup --tests fetches it.
inline std::string promtool() {
  std::string fetched = PARLEY_SOURCE_DIR "/build/tools/promtool";
  if (std::filesystem::exists(fetched))
    return fetched;
  return std::system("command -v promtool >/dev/null 2>&1") == 0 ? "promtool" : "";
}

/// What `promtool check metrics` says of a page; empty if all is well.
inline std::string promtool_complaints(const std::string& program, const std::string& page) {
  auto name = (std::filesystem::temp_directory_path() / "parley-metrics-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0)
    return "no temporary file: " + name;
  ::close(file);
  std::ofstream{name} << page;
  std::string out;
  if (auto* said = ::popen(("'" + program + "' check metrics <'" + name + "' 2>&1").c_str(), "r")) {
    std::array<char, 4'096> some;
    for (size_t size = 0; (size = std::fread(some.data(), 1, some.size(), said)) > 0;)
      out.append(some.data(), size);
    if (const auto status = ::pclose(said); status != 0 && out.empty())
      out = program + " ended with " + std::to_string(WEXITSTATUS(status));
  } else {
    out = program + " cannot be started";
  }
  std::filesystem::remove(name);
  return out;
}

} // namespace parley::test
