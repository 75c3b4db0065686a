#pragma once

#include "runtime/wire.hpp"

#include <string>
#include <vector>

namespace parley {

/// What is publicly known of a person and their company. Empty fields are not
/// searched.
struct enrich {
  std::string name;
  std::string email;
  std::string company;
  std::string domain; ///< of the company's web site
};
PARLEY_INSPECT(enrich, x.name, x.email, x.company, x.domain)

struct enriched {
  bool found = false;
  std::string role;
  std::string linkedin_url;
  std::string company;
  std::string industry;
  int32_t employees = 0; ///< 0: not known
  std::string revenue;   ///< as the vendor words it
  std::string funding;   ///< latest round and total, as the vendor words it
  std::vector<std::string> technologies;
  std::vector<std::string> news; ///< newest first, one sentence each
};
PARLEY_INSPECT(enriched, x.found, x.role, x.linkedin_url, x.company, x.industry, x.employees, x.revenue, x.funding,
               x.technologies, x.news)

} // namespace parley
