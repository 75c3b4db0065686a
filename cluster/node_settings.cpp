#include "cluster/node_settings.hpp"

#include "actors/compliance/numbers.hpp"
#include "adapters/http/endpoint.hpp"

#include <filesystem>

namespace parley {

namespace {

void describe_node(node_settings& x, settings::section& s) {
  s.flag("live", x.live,
         "Dial anybody the law allows. False: only allow_numbers, unless all vendors are on this machine.");
  s.texts("allow_numbers", x.allow_numbers, "E.164 numbers that are dialled while live is false.");
  s.number<uint32_t>("threads", x.threads, 0, 1024, "threads", "Of the actors; 0: one per core.");
  s.choice("log_level", x.log_level, {"debug", "info", "warn", "error"}, "What is logged.");
  s.text("log_file", x.log_file, "Where to; empty: standard error.");
  s.number<uint64_t>("seed", x.seed, 0, uint64_t{1} << 62, "", "Of all chance; 0: from the machine.");
  s.number("minute_price", x.minute_price, 0.0, 1'000.0, "",
           "What a minute of a call costs, carrier and voice model together; for estimates. 0: not known.");
  s.text("currency", x.currency, "Of minute_price.");
  s.number("speed", x.speed, 1.0, 100'000.0, "", "Wall time per real time; more than 1 only in practice.");
  s.number("media_speed", x.media_speed, 1.0, 1'000.0, "", "Audio time per real time; more than 1 only in practice.");
  s.text("start_at", x.start_at, "Wall time of the first start, ISO; only in practice. Empty: now.");
  s.number<int64_t>(
    "start_real", x.start_real, 0, int64_t{1} << 50, "ms",
    "Unix milliseconds at which start_at is, to share a clock with parley sandbox; 0: the first start.");
  for (const auto& number : x.allow_numbers)
    if (!is_e164(number))
      s.problem("allow_numbers", "\"" + number + "\" is no number in E.164; write it as +14155550132");
  if (!x.start_at.empty() && !parse_iso(x.start_at))
    s.problem("start_at", "\"" + x.start_at + "\" is no ISO instant; write it as 2026-12-01T14:30:00Z");
}

void describe_manager(node_settings& x, settings::section& s) {
  manager_row m;
  s.required("name", m.name, "Name of the account manager.");
  s.required("email", m.email, "Where invitations are copied to.");
  s.text("specialty", m.specialty, "What they know best.");
  s.required("timezone", m.timezone, "IANA zone, e.g. America/New_York.");
  m.working_hours = "mon-fri 09:00-17:00";
  s.text("working_hours", m.working_hours, "Local hours, e.g. \"mon-thu 09:00-12:00, 13:00-17:00; fri 09:00-12:00\".");
  s.text("calendar_id", m.calendar_id, "Of the calendar provider; empty: the e-mail address.");
  s.text("meeting_link", m.meeting_link, "Video link that meetings take place at.");
  s.text("crm_owner_id", m.crm_owner_id, "Their id in the CRM: people they own meet them.");
  s.text("phone", m.phone, "Where calls are handed over to, E.164; empty: nowhere.");
  if (!m.phone.empty() && !is_e164(m.phone))
    s.problem("phone", "\"" + m.phone + "\" is no number in E.164; write it as +14155550132");
  if (m.calendar_id.empty())
    m.calendar_id = m.email;
  if (!m.timezone.empty() && !find_zone(m.timezone))
    s.problem("timezone", "\"" + m.timezone + "\" is no time zone; use an IANA name such as America/New_York");
  try {
    parse_weekly_hours(m.working_hours);
  } catch (const std::invalid_argument& e) {
    s.problem("working_hours", e.what());
  }
  x.managers.push_back(std::move(m));
}

void check_whole(node_settings& x, settings::section& s) {
  const bool practice = x.practice();
  if (!practice && (x.speed != 1 || x.media_speed != 1 || !x.start_at.empty()))
    s.problem("node", "speed, media_speed and start_at are for practice: every base_url must be on this machine");
  const auto outage_wait = x.journal_provider == "sqlite" ? x.journal.outage_wait : x.postgres.outage_wait;
  if (outage_wait >= x.actors.journal_timeout)
    s.problem("journal",
              "outage_wait (" + settings::to_text(outage_wait) + ") must be less than actors.journal_timeout ("
                + settings::to_text(x.actors.journal_timeout)
                + "), or questions are given up whose writes still wait; make one shorter or the other longer");
  if (!practice && !x.live && x.allow_numbers.empty())
    s.problem("node",
              "live is false and allow_numbers is empty, so nobody could be called; list your own number first");
}

} // namespace

bool node_settings::practice() const {
  const auto local = [](const std::string& url) { return is_loopback(url); };
  return local(telephony.base_url) && local(voice_model.base_url) && (llm_provider == "none" || local(llm.base_url))
         && (crm_provider == "none" || local(crm.base_url))
         && (enrichment_provider == "none" || local(enrichment.base_url))
         && (embedder_provider != "openai" || local(embedder.base_url))
         && (calendar_provider == "none" || (local(calendar.base_url) && local(calendar.token_url)))
         && (mailer_provider != "smtp" || local(mailer.base_url));
}

node_settings node_settings::load(const std::string& file) {
  node_settings x;
  const auto document = settings::document::load(file);
  document.read([&](settings::section& s) {
    s.table("node", [&](settings::section& t) { describe_node(x, t); });
    s.table("journal", [&](settings::section& t) {
      t.choice("provider", x.journal_provider, {"sqlite", "postgres"},
               "The store: files in data_dir, or a database server.");
      // Writes wait while the store is away: see outage_wait and append_wait.
      x.actors.journal_timeout = std::chrono::seconds{60};
      const auto patience
        = [&](const auto& journal) { x.actors.append_timeout = journal.append_wait + std::chrono::seconds{10}; };
      if (x.journal_provider == "sqlite") {
        x.journal.describe(t);
        return patience(x.journal);
      }
      x.postgres.describe(t);
      patience(x.postgres);
      x.journal.data_dir = x.postgres.data_dir;
      x.journal.master_key_file = x.postgres.master_key_file;
    });
    s.table("telephony", [&](settings::section& t) {
      std::string provider = "twilio";
      t.choice("provider", provider, {"twilio"}, "The carrier.");
      x.telephony.describe(t);
    });
    s.table("voice_model", [&](settings::section& t) {
      std::string provider = "openai";
      t.choice("provider", provider, {"openai"}, "The realtime voice model.");
      x.voice_model.describe(t);
    });
    s.table("llm", [&](settings::section& t) {
      t.choice("provider", x.llm_provider, {"none", "openai"}, "For research and analysis; none: rules.");
      if (x.llm_provider == "openai")
        x.llm.describe(t);
    });
    s.table("crm", [&](settings::section& t) {
      t.choice("provider", x.crm_provider, {"none", "hubspot"}, "none: our own tables are the CRM.");
      if (x.crm_provider == "hubspot") {
        x.crm.describe(t);
        x.crm_cache.describe(t);
      }
    });
    s.table("enrichment", [&](settings::section& t) {
      t.choice("provider", x.enrichment_provider, {"none", "apollo"},
               "What is publicly known of people; none: nothing.");
      if (x.enrichment_provider == "apollo") {
        x.enrichment.describe(t);
        x.enrichment_cache.describe(t);
      }
    });
    s.table("embedder", [&](settings::section& t) {
      t.choice("provider", x.embedder_provider, {"hashing", "openai"},
               "Texts to vectors, to recall what has to do with a call; hashing: built in, by words. Another provider, "
               "model or length embeds everything anew, in the background.");
      if (x.embedder_provider == "openai")
        x.embedder.describe(t);
      else
        x.hashing.describe(t);
    });
    s.table("vector_index", [&](settings::section& t) {
      std::string provider = "hnsw";
      t.choice("provider", provider, {"hnsw"}, "Where vectors are searched; hnsw: in memory.");
      x.vector_index.describe(t);
    });
    s.table("calendar", [&](settings::section& t) {
      t.choice("provider", x.calendar_provider, {"none", "google"}, "none: working hours and our own diary.");
      if (x.calendar_provider == "google")
        x.calendar.describe(t);
    });
    s.table("mailer", [&](settings::section& t) {
      t.choice("provider", x.mailer_provider, {"file", "smtp"}, "file: mails become .eml files.");
      if (x.mailer_provider == "smtp")
        x.mailer.describe(t);
      else
        x.mail_files.describe(t);
    });
    s.table("web", [&](settings::section& t) { x.web.describe(t); });
    s.table("pacing", [&](settings::section& t) { x.pacing.describe(t); });
    s.table("compliance", [&](settings::section& t) { x.compliance.describe(t); });
    s.table("actors", [&](settings::section& t) { x.actors.describe(t); });
    s.table("cluster", [&](settings::section& t) { x.cluster.describe(t); });
    s.tables("manager", [&](settings::section& t) { describe_manager(x, t); });
    check_whole(x, s);
  });
  // Also where nobody names them.
  const auto folder = std::filesystem::absolute(file).parent_path();
  for (auto* path : {&x.compliance.rules_file, &x.compliance.area_codes_file, &x.compliance.zip_codes_file})
    *path = (folder / *path).lexically_normal().string();
  x.web.control_socket = x.journal.data_dir + "/control.sock";
  x.voice_model.media_speed = x.media_speed;
  if (!x.practice() && !x.live)
    x.compliance.allow_list = x.telephony.only_numbers = x.allow_numbers;
  return x;
}

} // namespace parley
