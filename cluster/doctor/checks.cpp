#include "cluster/doctor/checks.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parley::doctor {

using namespace std::chrono_literals;

finding check_port(const port_facts& x) {
  const auto check = "port " + std::to_string(x.port);
  const auto place = x.address + ":" + std::to_string(x.port);
  if (x.port == 0)
    return ok(x.setting, "the system chooses the port");
  if (x.ours)
    return ok(check, x.setting + ": our own node answers on " + place);
  if (x.free)
    return ok(check, x.setting + ": " + place + " is free");
  return failure(check, x.setting + ": " + place + " cannot be used (" + x.error + ")",
                 "end the other program (ss -ltnp shows it), or choose another " + x.setting);
}

finding check_clock(std::vector<clock_facts> all) {
  constexpr auto check = "clock";
  if (all.empty())
    return skipped(check, "no vendor told its time");
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.ahead < b.ahead; });
  const auto& middle = all[all.size() / 2];
  const auto off = std::chrono::abs(middle.ahead);
  const auto text = std::to_string(off.count() / 1000) + " s " + (middle.ahead.count() < 0 ? "behind" : "ahead of")
                    + " the clock of " + middle.who;
  const auto* remedy = "keep the clock by NTP, e.g. apt-get install chrony, then look again";
  if (off > 60s) // access tokens and the last minutes of lawful hours
    return failure(check, "this machine is " + text, remedy);
  if (off > 3s) // the header has whole seconds, and the answer took a while
    return warning(check, "this machine is " + text, remedy);
  return ok(check, "agrees with " + middle.who + " to " + std::to_string(off.count() / 1000 + 1) + " s");
}

bool is_at_least(const std::string& version, const std::string& wanted) {
  // A year and letters; after "2026z" comes "2026za".
  const auto year = [](const std::string& x) { return x.substr(0, 4); };
  if (year(version) != year(wanted))
    return year(version) > year(wanted);
  return std::pair{version.size(), version} >= std::pair{wanted.size(), wanted};
}

finding check_tzdata(const tzdata_facts& x) {
  constexpr auto check = "tzdata";
  const auto version = x.version.empty() ? "of unknown version" : x.version;
  const bool old = !x.version.empty() && !is_at_least(x.version, "2026e");
  if (x.canada && !old)
    return ok(check, "time zones are " + version);
  return warning(check,
                 "time zones are " + version + (old ? ", older than 2026e" : " and yet without the changes of 2026e")
                   + ": in winter an hour wrong in British Columbia, Alberta, Manitoba and the Northwest Territories",
                 "apt-get update && apt-get install --only-upgrade tzdata, then restart parleyd");
}

static std::string gibibytes(uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GiB", static_cast<double>(bytes) / (1024.0 * 1024 * 1024));
  return text.data();
}

finding check_folder(const folder_facts& x) {
  constexpr uint64_t mebibyte = 1024 * 1024;
  if (!x.writable)
    return failure(x.setting,
                   "\"" + x.folder + "\" cannot be " + (x.exists ? "written" : "made") + " (" + x.error + ")",
                   "give the folder to the user who runs parleyd, or choose another " + x.setting);
  const auto space = gibibytes(x.free_bytes) + " free";
  if (x.free_bytes < 200 * mebibyte)
    return failure(
      x.setting, "\"" + x.folder + "\": only " + space,
      "free some space: a full disk stops every call, since none is dialled that cannot be recorded first");
  if (x.free_bytes < 2048 * mebibyte)
    return warning(x.setting, "\"" + x.folder + "\": only " + space, "free some space, or move the folder");
  return ok(x.setting, "\"" + x.folder + "\" " + (x.exists ? "can be written" : "will be made") + ", " + space);
}

finding check_secret_file(const secret_facts& x, bool practice) {
  if (!x.exists)
    return x.made_by_us ? skipped(x.setting, "\"" + x.file + "\" will be made at the first start")
                        : failure(x.setting, "\"" + x.file + "\" is not there", "name an existing file");
  if (practice)
    return skipped(x.setting, "practice: nobody else's secret is in \"" + x.file + "\"");
  if (x.mode & 077)
    return warning(x.setting, "\"" + x.file + "\" can be read or changed by other users", "chmod 600 " + x.file);
  return ok(x.setting, "\"" + x.file + "\" is readable by its owner only");
}

finding check_rules(const rules_facts& x, wall_time now) {
  constexpr auto check = "calling rules";
  if (!x.problem.empty())
    return failure(check, "the rules cannot be used: " + x.problem,
                   "name the shipped files in compliance.rules_file, area_codes_file and zip_codes_file");
  if (!x.as_of)
    return warning(check, x.version + " does not say of when it is", "use the rules of a current release");
  const auto age = std::chrono::floor<std::chrono::days>(now) - *x.as_of;
  const auto text = x.version + " is " + std::to_string(age.count()) + " days old";
  if (age > std::chrono::days{180})
    return warning(check, text, "laws have changed since: take the rules of a current release, and have counsel look");
  return ok(check, text);
}

finding check_national_list(const list_facts& x, wall_time now, bool everybody) {
  constexpr auto check = "national list";
  constexpr auto age_max = std::chrono::days{31}; // 47 CFR 64.1200(c)(2)(i)(D)
  const auto* remedy = "download the list from telemarketing.donotcall.gov, then: parley dnc import FILE --date DAY";
  const auto wrong = [&](std::string sentence) {
    return everybody ? failure(check, std::move(sentence), remedy)
                     : warning(check, sentence + "; only numbers in compliance.own_numbers can be called", remedy);
  };
  if (!x.problem.empty())
    return failure(check, "the store cannot be read: " + x.problem,
                   "see whether data_dir or the database is the node's");
  if (!x.store)
    return wrong("there is no store yet, so no copy of the national do-not-call list");
  if (x.version.empty())
    return wrong("there is no copy of the national do-not-call list");
  const auto age = std::chrono::floor<std::chrono::days>(now - x.date);
  const auto text = "version " + x.version + " with " + std::to_string(x.numbers) + " numbers is "
                    + std::to_string(age.count()) + " days old";
  if (now - x.date > age_max)
    return wrong(text + ", the law allows 31");
  if (now - x.date > age_max - std::chrono::days{5})
    return warning(check, text + ", the law allows 31", remedy);
  return ok(check, text);
}

finding check_certificate(const std::string& check, const certificate_facts& x, wall_time now) {
  if (!x.reached)
    return failure(check, x.host + " cannot be reached: " + x.problem,
                   "see that the name resolves, port 443 is open and the proxy runs (docs/real-calls.md)");
  if (!x.trusted)
    return failure(check, "the certificate of " + x.host + " is not trusted: " + x.problem,
                   "serve one of a public authority for this name, with its whole chain (e.g. certbot --nginx)");
  if (!x.expires)
    return ok(check, "the certificate of " + x.host + " is trusted");
  const auto left = std::chrono::floor<std::chrono::days>(*x.expires - now);
  const auto text = "the certificate of " + x.host + (x.issuer.empty() ? "" : " (" + x.issuer + ")") + " ends in "
                    + std::to_string(left.count()) + " days";
  if (left < std::chrono::days{14})
    return warning(
      check, text,
      "renew it, and see why that did not happen by itself (certbot renew --dry-run); where it did, the proxy "
      "was not told: systemctl reload nginx");
  return ok(check, text);
}

findings check_webhook(const webhook_facts& x, bool practice) {
  constexpr auto check = "public_url";
  findings out;
  const auto* where = "docs/real-calls.md shows a proxy that works";
  if (!x.node_runs) {
    out.push_back(skipped(check, "the node does not run, so nobody answers at " + x.url + "; start it and look again"));
  } else if (!x.reached) {
    out.push_back(failure(check, x.url + " cannot be reached from here: " + x.problem,
                          std::string{"see that the name resolves, the port is open and the proxy runs; "} + where));
  } else if (x.is_ours) {
    out.push_back(ok(check, "our node answers at " + x.url + " and accepts what the carrier signs"));
  } else if (x.status == 403) {
    out.push_back(
      failure(check, "a node answers at " + x.url + " but refuses our signature",
              "see that the running node has the same auth_token and public_url, and that the proxy changes "
              "neither path nor query"));
  } else {
    out.push_back(failure(check, "somebody else answers at " + x.url + " (status " + std::to_string(x.status) + ")",
                          std::string{"let the proxy pass /voice/ to web.webhook_port of this node; "} + where));
  }
  if (x.node_runs && x.is_ours) {
    if (x.stream_status == 101)
      out.push_back(ok("media socket", "an upgrade to a WebSocket passes"));
    else
      out.push_back(
        failure("media socket", "an upgrade to a WebSocket is answered with status " + std::to_string(x.stream_status),
                std::string{"let the proxy pass the Upgrade and Connection headers with HTTP/1.1; "} + where));
  }
  if (!practice && !x.standard_port)
    out.push_back(warning("media socket", "public_url names a port of its own; Twilio opens media sockets on 443 only",
                          "serve public_url on port 443"));
  return out;
}

} // namespace parley::doctor
