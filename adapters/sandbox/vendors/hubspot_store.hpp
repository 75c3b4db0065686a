#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace parley::sandbox::vendors {

/// Why HubSpot refuses a request.
struct hubspot_error {
  unsigned status = 400;
  std::string category = "VALIDATION_ERROR";
  std::string message;
  std::string code; // of the one entry of `errors`; none when empty
};

/// The records of the practice CRM. Not for several threads at once.
class hubspot_store {
public:
  struct record {
    std::string id;
    std::map<std::string, std::string> properties;
    std::string created; // ISO
    std::string updated;
    bool archived = false;
  };
  /// What links two records: its type's id.
  using links = std::map<std::string, std::set<int>>; // by the other record's id

  static bool is_type(const std::string& type);

  /// Checks the properties and stores a new record.
  std::optional<hubspot_error>
  create(const std::string& type, const nlohmann::json& body, const std::string& now, record& out);
  std::optional<hubspot_error> update(record& which, const nlohmann::json& body, const std::string& now);
  /// @param id_property "email" looks a contact up by its address.
  record* find(const std::string& type, const std::string& id, const std::string& id_property = {});
  /// Records that are not archived, oldest first.
  std::vector<const record*> all(const std::string& type, bool archived = false) const;
  std::optional<hubspot_error>
  search(const std::string& type, const nlohmann::json& request, std::vector<const record*>& out) const;

  std::optional<hubspot_error> link(const std::string& type, const std::string& id, const std::string& to_type,
                                    const std::string& to_id, int type_id);
  /// Those of these properties that exist: a record has had each of them. HubSpot
  /// says nothing of others, and null of one without a value.
  std::vector<std::string> existing(std::vector<std::string> names) const;

  void unlink(const std::string& type, const std::string& id, const std::string& to_type, const std::string& to_id);
  links links_of(const std::string& type, const std::string& id, const std::string& to_type) const;
  /// The type of the unlabelled association; 0 where there is none.
  static int default_type(const std::string& type, const std::string& to_type);

private:
  std::optional<hubspot_error> check(const std::string& type, const nlohmann::json& body, bool creating) const;
  /// A value that must be unique and another record has: an e-mail, or a
  /// property whose name ends with "_key".
  std::optional<hubspot_error> conflict(const std::string& type, const std::map<std::string, std::string>& properties);

  std::map<std::string, std::map<std::string, record>> records_;
  std::map<std::tuple<std::string, std::string, std::string>, links> links_;
  std::set<std::string> names_; ///< of properties, of all types
  uint64_t last_id_ = 100;
};

/// A record as the API shows it.
/// @param wanted Names of properties; none for the type's default ones.
nlohmann::json
to_json(const std::string& type, const hubspot_store::record& which, const std::vector<std::string>& wanted);

} // namespace parley::sandbox::vendors
