#pragma once

#include "adapters/http/dialogue.hpp"
#include "adapters/hubspot/settings.hpp"
#include "runtime/messages/crm.hpp"

namespace parley::hubspot {

/// What is said to HubSpot's CRM API (v3) and what its answers mean. Paths and
/// fields follow the official Node client; property names, call outcomes and
/// search rules HubSpot's developer documentation.
class core {
public:
  explicit core(hubspot_settings settings) : settings_{std::move(settings)} {}

  /// Reads a contact by id, else by e-mail, else by phone, with the latest
  /// notes, calls and mails. The dialogue refers to this core.
  dialogue<crm_contact> find(const find_contact& who) const;

  /// One page of the contacts that fit, without their history.
  dialogue<crm_contacts> search(const search_contacts& x) const;

  /// Writes an activity unless one with its key is there; a meeting that is
  /// there is changed, because it may have been moved.
  /// @param contact_id HubSpot's id of the contact when it is known already
  ///   (the search sees a new contact only seconds later), else empty.
  dialogue<crm_written> write(const crm_activity& activity, const std::string& contact_id) const;

private:
  template <class T>
  using located = std::function<dialogue<T>(const nlohmann::json* contact)>;
  template <class T>
  dialogue<T> locate(const find_contact& who, const located<T>& then) const;

  dialogue<crm_contact> read_history(crm_contact contact) const;
  dialogue<crm_contact> read_emails(crm_contact contact) const;
  exchange<crm_contact> latest_of(const std::string& type, const std::string& contact_id,
                                  std::vector<std::string> properties, size_t limit) const;
  dialogue<crm_written> update_existing(const crm_activity& activity, const std::string& object_id) const;
  dialogue<crm_written> read_written(crm_activity_kind kind, const std::string& object_id) const;
  dialogue<crm_written> find_or_create_contact(const crm_activity& activity) const;
  dialogue<crm_written> create_contact(const crm_activity& activity, int creations_left) const;
  dialogue<crm_written>
  contact_by_key(const crm_activity& activity, const caf::error& why, int creations_left, bool taken) const;
  dialogue<crm_written> contact_by_email(const crm_activity& activity) const;
  nlohmann::json contact_to_create(const crm_activity& activity) const;
  dialogue<crm_written> create(const crm_activity& activity, const std::string& contact_id, int creations_left) const;
  dialogue<crm_written> read_by_key(const crm_activity& activity, const std::string& contact_id, const caf::error& why,
                                    int creations_left) const;

  http_request request(const std::string& method, const std::string& path, const http_fields& query = {}) const;
  http_request json_request(const std::string& method, const std::string& path, const nlohmann::json& body) const;
  nlohmann::json search_body(nlohmann::json filter_groups, std::vector<std::string> properties, size_t limit) const;
  /// @param further Besides those of the settings; each name counts once.
  std::vector<std::string> contact_properties(const std::vector<std::string>& further = {}) const;
  crm_contact contact_of(const nlohmann::json& object) const;
  nlohmann::json properties_of(const crm_activity& activity) const;
  std::string outcome_id(const std::string& outcome) const;

  hubspot_settings settings_;
};

/// The wait that a 429 of HubSpot's asks for. It names its policy instead of
/// sending Retry-After: 10 s for TEN_SECONDLY_ROLLING, 1 s for SECONDLY (the
/// search's); an unknown one counts as the longer.
std::optional<std::chrono::milliseconds> throttled(const http_response& response);

/// An answer that cannot be used, with HubSpot's category and correlation id
/// but without its message, which quotes values.
caf::error error_of(const http_response& response);

} // namespace parley::hubspot
