// EXPECT-ERROR: refusal::no_default, .*member_of<order, .*"paid"

#include <everstep/codec.hpp>

class money
{
public:
#ifdef EVERSTEP_CONTROL
    money() = default;
#endif
    explicit money(int cents) : cents_(cents) {}

private:
    int cents_ = 0;
    BOOST_DESCRIBE_CLASS(money, (), (), (), (cents_))
};

struct order
{
    std::vector<money> paid;
};
BOOST_DESCRIBE_STRUCT(order, (), (paid))

std::string use(const order& value) { return everstep::encode(value); }
