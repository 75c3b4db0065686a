#include "adapters/sql/outage.hpp"

#include <algorithm>

namespace parley::sql {

using std::chrono::milliseconds;

milliseconds outage::begin_or_go_on() {
  const auto now = now_();
  if (!since_) {
    since_ = now;
    pause_ = min_;
  } else {
    pause_ = std::min(pause_ * 2, max_);
  }
  next_ = now + pause_;
  return pause_;
}

milliseconds outage::length() const {
  return since_ ? std::chrono::duration_cast<milliseconds>(now_() - *since_) : milliseconds{0};
}

} // namespace parley::sql
