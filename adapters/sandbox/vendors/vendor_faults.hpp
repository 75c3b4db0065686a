#pragma once

#include "adapters/sandbox/faults.hpp"
#include "adapters/sandbox/http_server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace parley::sandbox::vendors {

/// Names the occasion that a request is, the same in every run: what it does
/// and whom it concerns. Requests that name nobody count in the order in which
/// they come. Empty exempts a request from all but an outage.
using occasion_of = std::function<std::string(const http_request&)>;
/// The vendor's answer to that mishap.
using mishap_answer = std::function<http_response(mishap)>;

/// Lets a server go wrong as the scenario says: outage, errors, rate limits
/// (Retry-After is added) and latency.
void let_fail(http_server& server, std::shared_ptr<vendor_gate> gate, occasion_of occasion, mishap_answer answer);

/// "PATCH /crm/v3/objects/contacts/#": an operation without the ids in it.
std::string operation_of(const http_request& request);

/// The first e-mail address or E.164 number in the text, in lower case; empty
/// if there is none.
std::string person_in(std::string_view text);

} // namespace parley::sandbox::vendors
