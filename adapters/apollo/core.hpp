#pragma once

#include "adapters/apollo/settings.hpp"
#include "adapters/http/dialogue.hpp"
#include "runtime/messages/enrichment.hpp"

namespace parley::apollo {

/// What is said to Apollo and what its answers mean: the person by
/// `people/match`, the company by `organizations/enrich` where the person's
/// record does not tell enough of it, and its news by `news_articles/search`.
/// An answer costs credits, so nothing that was answered is asked for again,
/// and when the company or the news cannot be had, what is known already is
/// the result.
dialogue<enriched> find(const apollo_settings& settings, const enrich& who);

/// The domain of a work address; empty for the mail services that everybody
/// uses.
std::string company_domain(const std::string& email);

} // namespace parley::apollo
