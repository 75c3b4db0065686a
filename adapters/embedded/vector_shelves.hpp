#pragma once

#include "runtime/messages/semantics.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace parley {

/// Vectors of pieces of `agent_context`, a shelf per embedder, because only
/// like is compared with like. Not for several threads at once.
///
/// Among all people the nearest are found in a graph (HNSW, Malkov & Yashunin
/// 2016, by hnswlib). Among one person's they are compared one by one: a
/// person has few, the result is exact, and hnswlib 0.6 knows no filter, so
/// the graph would have to be searched ever wider until enough of its results
/// are that person's.
class vector_shelves {
public:
  /// @param vectors_max Of all embedders together; beyond it the oldest go.
  explicit vector_shelves(size_t vectors_max);
  ~vector_shelves();

  /// Puts a piece in, or replaces it, on whatever shelf it was. False when all
  /// the places are taken by newer ones. Throws `std::invalid_argument` for a
  /// vector without numbers, without a length, or of another length than its
  /// embedder's.
  bool put(const index_vector& x);
  /// Nearest first. Throws `std::invalid_argument` for a vector of another
  /// length than the embedder's.
  std::vector<neighbour> nearest(const find_nearest& x) const;
  void forget(const uuid& id);

  size_t size(const std::string& embedder) const;
  size_t size() const { return where_.size(); }

private:
  class shelf;
  struct place {
    std::string embedder;
    wall_time created_at{};
  };

  size_t vectors_max_;
  std::map<std::string, std::unique_ptr<shelf>> shelves_;
  std::unordered_map<uuid, place> where_;
  std::set<std::pair<wall_time, uuid>> by_age_;
};

} // namespace parley
