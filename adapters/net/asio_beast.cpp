// The one place that compiles Boost.Asio's and Boost.Beast's function bodies;
// every other file sees declarations only, which halves its build time.
#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
