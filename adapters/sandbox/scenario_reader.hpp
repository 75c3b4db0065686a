#pragma once

#include "adapters/sandbox/scenario.hpp"
#include "runtime/settings/toml.hpp"

#include <charconv>
#include <set>
#include <sstream>

namespace parley::sandbox {

/// Reads tables and refuses, by name, whatever nobody asked for.
class scenario_reader {
public:
  scenario_reader(const toml::table& table, std::string path, std::string_view origin)
    : table_{table}, path_{std::move(path)}, origin_{origin} {}

  [[noreturn]] void refuse(std::string_view key, const std::string& why) const {
    throw scenario_error{std::string{origin_} + ": " + path_ + (path_.empty() || key.empty() ? "" : ".")
                         + std::string{key} + ": " + why};
  }

  template <class T>
  std::optional<T> get(std::string_view key, std::string_view type) {
    known_.insert(std::string{key});
    const auto node = table_[key];
    if (!node)
      return std::nullopt;
    auto value = node.value<T>();
    if (!value)
      refuse(key, "must be " + std::string{type});
    return value;
  }

  double number(std::string_view key, double fallback, double least, double most) {
    const auto value = get<double>(key, "a number").value_or(fallback);
    if (!(value >= least && value <= most)) {
      std::ostringstream range;
      range << "must be from " << least << " to " << most;
      refuse(key, range.str());
    }
    return value;
  }

  std::chrono::milliseconds seconds(std::string_view key, std::chrono::milliseconds fallback) {
    const auto value = number(key, std::chrono::duration<double>(fallback).count(), 0, 86400);
    return std::chrono::milliseconds{static_cast<int64_t>(value * 1000)};
  }

  std::string text(std::string_view key, std::string fallback = {}) {
    return get<std::string>(key, "a text").value_or(std::move(fallback));
  }

  std::chrono::minutes time_of_day(std::string_view key, std::string fallback) {
    const auto value = text(key, std::move(fallback));
    int hour = -1;
    int minute = -1;
    if (value.size() == 5 && value[2] == ':') {
      std::from_chars(value.data(), value.data() + 2, hour);
      std::from_chars(value.data() + 3, value.data() + 5, minute);
    }
    const auto out = std::chrono::hours{hour} + std::chrono::minutes{minute};
    if (hour < 0 || minute < 0 || minute > 59 || out > std::chrono::hours{24})
      refuse(key, "must be a local time such as \"08:00\"");
    return out;
  }

  /// An instant such as "2026-12-01T15:00:00Z".
  wall_time instant(std::string_view key) {
    const auto at = parse_iso(text(key));
    if (!at)
      refuse(key, "must be a time such as \"2026-12-01T15:00:00Z\"");
    return *at;
  }

  bool has(std::string_view key) const { return table_.contains(key); }
  bool is_table(std::string_view key) const { return table_[key].is_table(); }

  std::optional<scenario_reader> table(std::string_view key) {
    known_.insert(std::string{key});
    const auto node = table_[key];
    if (!node)
      return std::nullopt;
    if (!node.is_table())
      refuse(key, "must be a table");
    return scenario_reader{*node.as_table(), path_.empty() ? std::string{key} : path_ + "." + std::string{key},
                           origin_};
  }

  const toml::array* array(std::string_view key) {
    known_.insert(std::string{key});
    const auto node = table_[key];
    if (node && !node.is_array())
      refuse(key, "must be a list");
    return node.as_array();
  }

  std::vector<scenario_reader> tables(std::string_view key) {
    std::vector<scenario_reader> out;
    if (const auto* list = array(key))
      for (size_t i = 0; i < list->size(); ++i) {
        if (!(*list)[i].is_table())
          refuse(key, "must be a list of tables, [[" + std::string{key} + "]]");
        out.emplace_back(*(*list)[i].as_table(), std::string{key} + "[" + std::to_string(i) + "]", origin_);
      }
    return out;
  }

  /// The keys that stand in the table.
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& [key, value] : table_)
      out.emplace_back(key.str());
    return out;
  }

  /// Call it last: everything in the table must have been asked for.
  void done() const {
    for (const auto& key : keys())
      if (!known_.contains(key))
        refuse(key, "is not a key that a scenario knows");
  }

private:
  const toml::table& table_;
  std::string path_;
  std::string_view origin_;
  std::set<std::string> known_;
};

/// The `[carrier.faults]` table.
void read_carrier_faults(scenario_reader from, carrier_faults& out);
/// The `[faults]` table.
void read_vendor_faults(scenario_reader from, faults_script& out);

} // namespace parley::sandbox
