// EXPECT-ERROR: refusal::polymorphic, .*member_of<order, .*"content"

#include <everstep/codec.hpp>

struct article
{
#ifndef EVERSTEP_CONTROL
    virtual ~article() = default;
#endif
    int weight{};
};
BOOST_DESCRIBE_STRUCT(article, (), (weight))

struct order
{
    std::unique_ptr<article> content;
};
BOOST_DESCRIBE_STRUCT(order, (), (content))

std::string use(const order& value) { return everstep::encode(value); }
