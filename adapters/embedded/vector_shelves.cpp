#include "adapters/embedded/vector_shelves.hpp"

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace parley {

namespace {

// The usual compromise between the graph's size and what it misses.
constexpr size_t links = 16;
constexpr size_t effort_building = 100;
constexpr size_t effort_searching = 64;
constexpr size_t capacity_first = 1'024;
/// A graph is built anew once this many of its nodes are dead, and more dead
/// than living: hnswlib marks what is deleted, and never gives its place back.
constexpr size_t dead_max = 1'024;

std::vector<float> of_unit_length(std::vector<float> x) {
  double square = 0;
  for (const auto number : x)
    square += double{number} * number;
  if (!(square > 0) || !std::isfinite(square)) // also without numbers, or with NaN
    throw std::invalid_argument{"a vector without a length"};
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (auto& number : x)
    number *= scale;
  return x;
}

} // namespace

/// The vectors of one embedder, all of one length.
class vector_shelves::shelf {
public:
  explicit shelf(size_t dimensions) : space_{dimensions}, dimensions_{dimensions} { build(capacity_first); }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  size_t dimensions() const { return dimensions_; }

  void put(const uuid& id, const prospect_id& prospect, std::vector<float> vector) {
    remove(id);
    if (graph_->cur_element_count == graph_->max_elements_)
      graph_->resizeIndex(graph_->max_elements_ * 2);
    const auto label = next_label_++;
    graph_->addPoint(vector.data(), label);
    ids_[label] = id;
    of_person_[prospect].push_back(id);
    entries_[id] = {label, prospect, std::move(vector)};
  }

  void remove(const uuid& id) {
    const auto found = entries_.find(id);
    if (found == entries_.end())
      return;
    graph_->markDelete(found->second.label);
    ids_.erase(found->second.label);
    const auto person = of_person_.find(found->second.prospect);
    std::erase(person->second, id);
    if (person->second.empty())
      of_person_.erase(person);
    entries_.erase(found);
    if (++dead_ > std::max(dead_max, entries_.size()))
      build_anew();
  }

  std::vector<neighbour> of_person(const prospect_id& prospect, const std::vector<float>& vector, size_t limit) const {
    std::vector<neighbour> out;
    const auto found = of_person_.find(prospect);
    if (found == of_person_.end())
      return out;
    for (const auto& id : found->second)
      out.push_back({id, similarity(entries_.at(id).vector, vector)});
    const auto nearer = [](const auto& a, const auto& b) {
      return a.similarity != b.similarity ? a.similarity > b.similarity : a.id > b.id;
    };
    std::sort(out.begin(), out.end(), nearer);
    out.resize(std::min(out.size(), limit));
    return out;
  }

  std::vector<neighbour> of_all(const std::vector<float>& vector, size_t limit) const {
    std::vector<neighbour> out;
    if (empty() || limit == 0)
      return out;
    graph_->setEf(std::max(effort_searching, 2 * limit));
    auto found = graph_->searchKnn(vector.data(), std::min(limit, size()));
    for (; !found.empty(); found.pop()) // the farthest first
      out.push_back({ids_.at(found.top().second), 1 - found.top().first});
    std::reverse(out.begin(), out.end());
    return out;
  }

private:
  struct entry {
    size_t label = 0;
    prospect_id prospect;
    std::vector<float> vector;
  };

  static float similarity(const std::vector<float>& a, const std::vector<float>& b) {
    float sum = 0;
    for (size_t i = 0; i < a.size(); ++i)
      sum += a[i] * b[i];
    return sum;
  }

  void build(size_t capacity) {
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(&space_, capacity, links, effort_building);
    dead_ = 0;
  }

  void build_anew() {
    build(std::max(capacity_first, 2 * entries_.size()));
    ids_.clear();
    next_label_ = 0;
    for (auto& [id, one] : entries_) {
      one.label = next_label_++;
      ids_[one.label] = id;
      graph_->addPoint(one.vector.data(), one.label);
    }
  }

  hnswlib::InnerProductSpace space_; // 1 - cosine, as all have unit length
  size_t dimensions_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph_;
  std::unordered_map<uuid, entry> entries_;
  std::unordered_map<size_t, uuid> ids_; // by label
  std::unordered_map<prospect_id, std::vector<uuid>> of_person_;
  size_t next_label_ = 0;
  size_t dead_ = 0;
};

vector_shelves::vector_shelves(size_t vectors_max) : vectors_max_{std::max<size_t>(vectors_max, 1)} {}

vector_shelves::~vector_shelves() = default;

static void check_length(size_t given, size_t wanted, const std::string& embedder) {
  if (given != wanted)
    throw std::invalid_argument{"a vector of " + std::to_string(given) + " numbers, but " + embedder + " gives "
                                + std::to_string(wanted)};
}

bool vector_shelves::put(const index_vector& x) {
  auto vector = of_unit_length(x.vector);
  const auto shelf_found = shelves_.find(x.embedder);
  if (shelf_found != shelves_.end())
    check_length(vector.size(), shelf_found->second->dimensions(), x.embedder);
  forget(x.id);
  if (where_.size() >= vectors_max_) {
    const auto oldest = *by_age_.begin();
    if (std::pair{x.created_at, x.id} < oldest)
      return false;
    forget(oldest.second);
  }
  auto& on = shelves_[x.embedder]; // forgetting may have cleared the shelf away
  if (!on)
    on = std::make_unique<shelf>(vector.size());
  on->put(x.id, x.prospect, std::move(vector));
  where_[x.id] = {x.embedder, x.created_at};
  by_age_.emplace(x.created_at, x.id);
  return true;
}

void vector_shelves::forget(const uuid& id) {
  const auto found = where_.find(id);
  if (found == where_.end())
    return;
  by_age_.erase({found->second.created_at, id});
  const auto on = shelves_.find(found->second.embedder);
  on->second->remove(id);
  if (on->second->empty())
    shelves_.erase(on);
  where_.erase(found);
}

std::vector<neighbour> vector_shelves::nearest(const find_nearest& x) const {
  const auto on = shelves_.find(x.embedder);
  if (on == shelves_.end())
    return {};
  const auto vector = of_unit_length(x.vector);
  check_length(vector.size(), on->second->dimensions(), x.embedder);
  return x.prospect ? on->second->of_person(x.prospect, vector, x.limit) : on->second->of_all(vector, x.limit);
}

size_t vector_shelves::size(const std::string& embedder) const {
  const auto found = shelves_.find(embedder);
  return found == shelves_.end() ? 0 : found->second->size();
}

} // namespace parley
