#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace parley::sandbox::vendors {

/// Adds Apollo's enrichment to a server: `people/match`,
/// `organizations/enrich` (GET and POST), `news_articles/search` and
/// `/v1/auth/health`. Any key is good, but there must be one. Who a person is
/// and what a company is like follow from the address and the seed; addresses
/// of the mail services that everybody uses belong to no company, and nobody
/// is known at `unknown.example`. What is looked up is an `enrichment` entry of
/// the witness, since every answer costs credits. Fails as the scenario's
/// `[faults.enrichment]` says.
void serve_apollo(http_server& server, world& around);

/// What the practice Apollo knows of a company; null for one it does not know.
nlohmann::json company_record(const std::string& domain, uint64_t seed);

} // namespace parley::sandbox::vendors
