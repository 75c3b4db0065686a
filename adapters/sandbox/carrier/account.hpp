#pragma once

#include "adapters/sandbox/http_server.hpp"

#include <string>

/// What an account shows of itself: status, numbers, caller IDs. Read only.
namespace parley::sandbox::rest {

/// The account: active and in full standing.
http_response show_account(const std::string& account);

/// The account's numbers that fit the query. Every well-formed number that is
/// asked for by `PhoneNumber` belongs to it, since calls may come from any.
http_response list_numbers(const std::string& account, const http_request& request);

/// Verified numbers of others: none.
http_response list_caller_ids(const std::string& account, const http_request& request);

} // namespace parley::sandbox::rest
