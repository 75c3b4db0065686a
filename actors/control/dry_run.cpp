#include "actors/control/dry_run.hpp"

#include "actors/control/dry_run_report.hpp"
#include "actors/research/research.hpp"

#include <spdlog/spdlog.h>

namespace parley::commands {

namespace {

/// Numbers that are planned at the same time: enough to keep the journal's
/// reader and compliance busy, few enough to hold up nobody else.
constexpr size_t lines_at_once = 16;
constexpr uint32_t target_page_size = 1000;
constexpr int64_t listed_max = 100'000;

/// The people of one number, then their plan.
struct line_work {
  line_id id;
  std::string number;
  std::vector<prospect_row> people;
  std::optional<dry::line_plan> plan;
  size_t loaded = 0;
};
using line_ptr = std::shared_ptr<line_work>;

/// Lives as long as one of its questions is open.
struct dry_run : std::enable_shared_from_this<dry_run> {
  dry_run(control_state& s, answer reply) : s{s}, reply{std::move(reply)} {}

  void load_page(std::optional<prospect_id> after);
  void plan_some();
  void begin(const line_ptr& line);
  void load_lists(const line_ptr& line, lines::state state);
  void load_person(const line_ptr& line);
  void rehearse(const line_ptr& line, prospect_row& person, prospects::state state);
  void go_on(const line_ptr& line);
  void finish();

  template <class Answer, class Handle, class Question, class Then>
  void ask(const Handle& whom, std::chrono::milliseconds patience, Question question, Then then) {
    s.self->request(whom, patience, std::move(question))
      .then(
        [me = shared_from_this(), then = std::move(then)](const Answer& x) {
          if (!me->over)
            then(x);
        },
        [me = shared_from_this()](caf::error& e) {
          if (!std::exchange(me->over, true))
            me->reply(std::move(e));
        });
  }
  template <class Answer, class Question, class Then>
  void ask_journal(Question question, Then then) {
    ask<Answer>(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(question), std::move(then));
  }

  control_state& s;
  answer reply;
  progress_ptr how_far;
  plan_summary sum;
  std::map<line_id, line_ptr> lines;
  std::map<line_id, line_ptr>::iterator next;
  size_t open = 0; ///< lines under way
  bool over = false;
};

void dry_run::load_page(std::optional<prospect_id> after) {
  ask_journal<prospect_page>(load_targets{sum.policy.campaign, after, target_page_size},
                             [this](const prospect_page& page) {
                               how_far->total = page.total;
                               for (auto row : page.rows) {
                                 row.notes.clear(); // no rule of a call reads them, and there may be many
                                 row.attributes = "{}";
                                 const auto id = s.ctx->hasher.line(row.phone);
                                 auto& line = lines[id];
                                 if (!line)
                                   line = std::make_shared<line_work>(line_work{id, row.phone, {}, std::nullopt, 0});
                                 line->people.push_back(std::move(row));
                               }
                               if (page.more)
                                 return load_page(page.rows.back().id);
                               next = lines.begin();
                               how_far->phase = "plans";
                               plan_some();
                             });
}

void dry_run::plan_some() {
  while (open < lines_at_once && next != lines.end()) {
    ++open;
    begin((next++)->second);
  }
  if (open == 0)
    finish();
}

void dry_run::begin(const line_ptr& line) {
  ask_journal<loaded_stream>(load_stream{line->id}, [this, line](const loaded_stream& x) {
    parley::lines::state state;
    if (x.version > 0)
      state = parley::lines::core::restore(json::parse(x.state), {});
    state.id = line->id;
    load_lists(line, std::move(state));
  });
}

void dry_run::load_lists(const line_ptr& line, parley::lines::state state) {
  ask_journal<list_hits>(check_lists{line->id, line->number}, [this, line, state](const list_hits& hits) {
    line->plan.emplace(sum.policy, state, hits, s.ctx->seed_for(line->id), sum.now, sum.call_length());
    load_person(line);
  });
}

void dry_run::load_person(const line_ptr& line) {
  if (line->loaded == line->people.size())
    return go_on(line);
  auto& person = line->people[line->loaded++];
  ask_journal<loaded_stream>(load_stream{person.id}, [this, line, &person](const loaded_stream& x) {
    prospects::state state;
    if (x.version > 0)
      state = prospects::core::restore(json::parse(x.state), json::object()); // research's words are not needed
    state.id = person.id;
    for (const auto& event : prospects::on_reopen(state, sum.policy.campaign, sum.now).events)
      prospects::core::apply(state, event); // whoever is blocked and among the targets is decided anew
    if (prospects::next_step(state, sum.policy) == prospects::step::research)
      return rehearse(line, person, std::move(state));
    line->plan->add(std::move(person), std::move(state));
    load_person(line);
  });
}

/// Lets research say what its rules make of the person.
void dry_run::rehearse(const line_ptr& line, prospect_row& person, prospects::state state) {
  ask_journal<prospect_row>(load_prospect{person.id}, [this, line, &person, state](const prospect_row& whole) {
    const auto worker = s.self->spawn(research_rehearsal, s.ctx, s.self->id(), whole.id);
    const auto go_on = [me = shared_from_this(), line, &person, state](std::optional<dry::rehearsed> research) {
      if (me->over)
        return;
      line->plan->add(std::move(person), state, research);
      me->load_person(line);
    };
    s.self
      ->request(worker, s.ctx->settings.vendor_timeout * 5, research_prospect{whole, sum.policy}) // as a prospect
      .then(
        [go_on, decides = !s.ctx->has_llm](const prospect_researched& found) {
          go_on(dry::rehearsed{found, decides});
        },
        [go_on, worker, &s = s](const caf::error& e) {
          spdlog::info("dry run: research did not answer ({})", s.self->system().render(e));
          s.self->send_exit(worker, caf::exit_reason::user_shutdown);
          go_on(std::nullopt); // stays unknown, and is told so
        });
  });
}

void dry_run::go_on(const line_ptr& line) {
  auto question = line->plan->next();
  if (!question) {
    for (auto& x : line->plan->result())
      sum.take(std::move(x));
    how_far->done += line->people.size();
    line->plan.reset();
    line->people = {};
    --open;
    return plan_some();
  }
  const auto patience = s.ctx->settings.request_timeout;
  if (auto* time = std::get_if<find_call_time>(&*question))
    ask<call_time>(s.ctx->compliance, patience, std::move(*time), [this, line](const call_time& x) {
      line->plan->take(x);
      go_on(line);
    });
  else
    ask<gate_answer>(s.ctx->compliance, patience, std::move(std::get<gate_check>(*question)),
                     [this, line](const gate_answer& x) {
                       line->plan->take(x);
                       go_on(line);
                     });
}

void dry_run::finish() {
  over = true;
  say(reply, sum.told());
}

/// How calls went so far: the campaign's own, or all when it has too few.
void load_averages(const std::shared_ptr<dry_run>& run, bool of_all, const std::function<void()>& then) {
  report_query query;
  query.kind = report_kind::call_averages;
  if (!of_all)
    query.campaign = run->sum.policy.campaign;
  run->ask_journal<report>(std::move(query), [run, of_all, then](const report& x) {
    const auto told = args::parse(x.json);
    run->sum.past_calls = told.value("calls", uint64_t{0});
    run->sum.past_minutes = told.value("billed_minutes", uint64_t{0});
    run->sum.past_of_all = of_all;
    if (run->sum.past_calls < calls_for_average && !of_all)
      return load_averages(run, true, then);
    then();
  });
}

} // namespace

void campaign_dry_run(control_state& s, const args& a, const answer& reply) {
  auto run = std::make_shared<dry_run>(s, reply);
  run->how_far = s.progress_of(a);
  run->how_far->now("reads the list");
  run->sum.listed_max = static_cast<size_t>(number_or(a, "limit", 50, 1, listed_max));
  run->sum.price = s.node.minute_price;
  run->sum.currency = s.node.currency;
  if (const auto given = a.find("minute_price"); given != a.end()) {
    if (!given->is_number() || !(given->get<double>() >= 0))
      throw std::invalid_argument{"minute_price: must be a number, 0 or more, as in 0.15"};
    run->sum.price = given->get<double>();
  }
  s.with_campaign(a, reply, [&s, run](const campaign_row& row) {
    run->sum.policy = json::parse(row.settings).get<campaign_policy>();
    run->sum.status = row.status;
    run->sum.now = s.ctx->clock.now();
    load_averages(run, false, [run] { run->load_page(std::nullopt); });
  });
}

} // namespace parley::commands
