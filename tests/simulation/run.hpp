#pragma once

#include "runtime/json.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/simulation.hpp"

#include <filesystem>

namespace parley::simulation {

/// One run of a seed: its people and campaigns, the node's lives, the end.
class run final : public way_in {
public:
  explicit run(const options& wanted)
    : wanted_{wanted}, o_{wanted.seed, wanted.planted, wanted.print}, phone_{o_, *this}, voices_{o_, phone_},
      watch_{o_, phone_, offices_} {}

  ~run() override {
    std::error_code ignored; // a file that stays harms nobody
    for (const auto& file : files_)
      std::filesystem::remove(file, ignored);
  }

  outcome to_the_end();

  // The way in.
  bool node_up() const override { return node_ && o_.gate_open(); }
  void bring(const carrier_event& event, std::function<void(bool)> answered) override {
    node_->bring(event, std::move(answered));
  }
  bool expects_stream(call_id call) const override { return node_ && node_->expects_stream(call); }
  void stream_opened(phone_call& call) override { voices_.stream_opened(call); }
  void stream_closed(phone_call& call) override { voices_.stream_closed(call); }

private:
  struct person {
    prospect_id id;
    std::string number;
    std::vector<pick_up> pick_ups; ///< of each attempt in turn, the last one for all further ones
    parley::simulation::plot plot = plot::books;
    size_t called = 0;
  };
  struct campaign {
    campaign_id id;
    std::string name;
    bool stopped = false; ///< for good, by order
  };

  bool on_sqlite() const;
  void make_weather();
  void make_world();
  void make_campaigns();
  void make_campaign(uint64_t number);
  person& make_person(uint64_t number);
  void plan_orders();
  void plan(const std::string& name, std::function<void()> what);
  void plan_for_talk(const std::string& what, const json& args);
  void at_moment(const std::string& what);
  void steer_a_call(const std::string& what, json args);
  using heard = std::function<void(bool ok, const std::string& text)>;
  void order(const std::string& name, const json& args, heard done, uint32_t tries = 0);
  void launch(const campaign& c);
  void pause(const campaign& c);
  void stop(campaign& c, bool now);
  bool settled(const std::string& name, const std::string& answer);
  void do_not_call(const person& p);
  void import_do_not_call();
  void import_list(const std::string& file, const std::vector<std::string>& numbers);
  void with_a_meeting(std::function<void(const meeting_row&)> then, uint32_t tries = 0);
  void cancel_a_meeting();
  void move_a_meeting();
  void resolve_calls();
  void retry_parked();
  void change_calendar(uint32_t tries = 0);
  void make_appointments();
  time_range some_time();
  void start_node();
  void end_node();
  void clear_up();
  bool step();
  bool rest();

  const options wanted_;
  outside o_;
  carrier phone_;
  vendors offices_;
  talks voices_;
  checks watch_;
  std::unique_ptr<node> node_;
  std::vector<manager_row> managers_;
  std::vector<person> people_;
  std::vector<campaign> campaigns_;
  std::vector<std::filesystem::path> files_;
  /// What waits for the worst instant.
  struct planned {
    std::string moment;
    uint64_t skipped = 0; ///< times that it is let pass
    std::string name;
    std::function<void()> what;
  };
  std::vector<planned> planned_;
  uint64_t steps_ = 0;
  uint64_t rests_ = 0;
  bool clear_ = false; ///< the bad weather is over
};

} // namespace parley::simulation
