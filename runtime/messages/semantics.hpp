#pragma once

#include "runtime/ids.hpp"

#include <string>
#include <vector>

namespace parley {

/// Texts to vectors of unit length.
struct embed {
  std::vector<std::string> texts;
};
PARLEY_INSPECT(embed, x.texts)

struct embedded {
  std::string embedder; ///< name and size of the vectors: only like is compared with like
  std::vector<std::vector<float>> vectors;
};
PARLEY_INSPECT(embedded, x.embedder, x.vectors)

/// Puts a piece of `agent_context` into the index, or replaces it.
struct index_vector {
  uuid id;
  prospect_id prospect;
  std::string embedder;
  std::vector<float> vector;
  wall_time created_at{}; ///< of the piece: a full index lets the oldest go
};
PARLEY_INSPECT(index_vector, x.id, x.prospect, x.embedder, x.vector, x.created_at)

struct vector_indexed {
  uint64_t size = 0; ///< vectors of this embedder in the index
  bool kept = true;  ///< false: the index is full of newer ones
};
PARLEY_INSPECT(vector_indexed, x.size, x.kept)

/// What is nearest in meaning, of one person or (nil) of all.
struct find_nearest {
  prospect_id prospect;
  std::string embedder;
  std::vector<float> vector;
  uint32_t limit = 5;
};
PARLEY_INSPECT(find_nearest, x.prospect, x.embedder, x.vector, x.limit)

struct neighbour {
  uuid id;
  float similarity = 0; ///< cosine, -1 to 1
};
PARLEY_INSPECT(neighbour, x.id, x.similarity)

struct neighbours {
  std::vector<neighbour> nearest; ///< first the nearest
};
PARLEY_INSPECT(neighbours, x.nearest)

/// Takes pieces out of the index: they were erased or will come anew.
struct forget_vectors {
  std::vector<uuid> ids;
};
PARLEY_INSPECT(forget_vectors, x.ids)

} // namespace parley
