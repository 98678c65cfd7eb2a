#include "feature/webhook_address.hpp"

#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
namespace
{
namespace ip = boost::asio::ip;

constexpr std::array<std::uint16_t, 2> ports{443, 8443};

url_reading read(std::string_view url, address_rule rule = address_rule::public_only) { return read_webhook_url(url, ports, rule); }

bool is_public(const char* address) { return core::is_public(ip::make_address(address)); }

/// Ways to write an address that is not public, or a host that is not what it seems. Each is refused as a host and with a port, a path and
/// a user name.
constexpr const char* hostile_hosts[] = {
    // v4 as it is usually written
    "127.0.0.1", "127.0.0.2", "127.127.127.127", "127.255.255.255", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "169.254.170.2", "100.64.0.1",
    "100.100.100.200", "100.127.255.255", "168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.31.196.1",
    "192.52.193.1", "192.175.48.1",
    // one number: decimal, octal, hexadecimal, with more than 32 bits
    "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7F000001", "0X7f000001", "00000000000000000177.0.0.1", "3232235521",
    "2852039166", "0xa9fea9fe", "025177524776", "0", "00", "0x0", "0x", "1", "4294967295", "4294967296", "6425673729", "0x17f000001",
    // parts that are missing, too many, or of several bases
    "127.1", "127.0.1", "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.1", "0177.0x0.0.01", "10.1", "192.168.1", "192.168.257", "172.16.1",
    "169.254.43518", "169.16689662", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe", "0xA9.254.0251.254", "127.0.0.0x1", "127.0.0.01",
    "127.0.0.001", "0127.0.0.1", "127.00.0.1", "127.000.000.001", "1.1.1.1.1", "127.0.0.1.1", "256.0.0.1", "127.0.0.256", "1e100.0.0.1",
    "0.0.0.0x0", "8.8.8.08", "08.8.8.8", "8.8.8", "8.8", "8",
    // public addresses in a form that is not theirs
    "0x08080808", "010.010.010.010", "134744072", "8.8.2056", "008.008.008.008", "08.08.08.08",
    // dots
    "127.0.0.1.", ".127.0.0.1", "127..0.0.1", "127.0.0.1..", "localhost.", "example.com.", ".example.com", "example..com", ".", "..",
    // v6
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[fe80::1]", "[febf::1]",
    "[fe80::a9fe:a9fe]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[fec0::1]", "[ff02::1]", "[ff0e::1]",
    "[2001:db8::1]", "[3fff::1]", "[3fff:fff::1]", "[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:2::1]", "[2001:10::1]",
    "[2001:20::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:808:808::1]", "[100::1]", "[5f00::1]", "[4000::1]",
    "[2620:4f:8000::1]", "[3ffe::1]",
    // v6 that carries v4
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::ffff:8.8.8.8]", "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]", "[::7f00:1]", "[::8.8.8.8]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[64:ff9b:1:ffff::a00:1]", "[0:0:0:0:0:ffff:10.0.0.1]", "[::FFFF:192.168.0.1]",
    // v6 that is none
    "[::1%25lo]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[2606:4700::1%251]", "[]", "[", "]", "[::1", "::1]", "::1", "[[::1]]", "[::1]]",
    "[127.0.0.1]", "[localhost]", "[::ffff:127.1]", "[::1]1", "[::1].example.com", "[1]", "[v1.fe80]", "[2606:4700::1]x", "[:::]",
    "[1::2::3]", "[::ffff:0177.0.0.1]", "[g::1]", "[ ::1]",
    // names of one's own network, and of nobody
    "localhost", "LOCALHOST", "LocalHost", "foo.localhost", "localhost.localdomain", "ip6-localhost", "metadata",
    "metadata.google.internal", "kubernetes.default.svc.cluster.local", "printer.local", "router.lan", "nas.home", "nas.home.arpa",
    "db.internal", "wiki.intranet", "mail.corp", "x.private", "facebookcorewwwi.onion", "a.test", "a.invalid", "a.example",
    "1.0.0.127.in-addr.arpa", "intranet", "com", "a", "x.alt",
    // other alphabets, and what they are turned into
    "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "⑯⑨。②⑤④。⑯⑨｡②⑤④", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "locaⅼhost", "exаmple.com",
    "münchen.example.com", "ex\u00adample.com", "example\u200b.com", "example\u3002com", "ß.com", "ⅷ.com", "\xff.com",
    "example.com\xc0\xae",
    // characters that are read in two ways
    "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6cocalhost", "localhost%00.example.com", "example.com%00", "example.com%2f.evil.com",
    "127.0.0.1%23.example.com", "example.com\\.evil.com", "example.com\\@127.0.0.1", "127.0.0.1\\@example.com", "exa mple.com",
    "exam\tple.com", "exam\nple.com", "example.com\r\nx: y", "example.com\x0b", "\x01", "example.com;127.0.0.1", "example.com,127.0.0.1",
    "example.com|x", "example.com`id`", "$(id).com", "${host}.com", "a{b}.com", "a<b>.com", "\"a\".com", "'a'.com", "a^b.com", "a*b.com",
    "*.example.com", "a!b.com", "a~b.com", "a=b.com", "a+b.com", "a&b.com", "(a).com", "a_b.com", "_dmarc.example.com",
    // names that are none
    "", "-a.com", "a-.com", "a.-com", "a.com-", "a--b.-.com", "ab--cd.com", "1.2.3.4.5.6.7", "example.1", "example.0x7f", "example.123",
    "a.8com"};

TEST(WebhookAddress, EveryHostileHostIsRefused)
{
    static_assert(std::size(hostile_hosts) >= 200);
    const std::set<std::string_view> distinct(std::begin(hostile_hosts), std::end(hostile_hosts));
    EXPECT_EQ(distinct.size(), std::size(hostile_hosts));
    for (const char* host : hostile_hosts)
        for (const std::string& around : {std::string("https://{}"), std::string("https://{}/"), std::string("https://{}:443/hook"),
                                          std::string("https://{}:8443?x=1"), std::string("https://user:pass@{}/"),
                                          std::string("https://hooks.example.com@{}/"), std::string("HTTPS://{}/a/b/../c")})
        {
            std::string url = around;
            url.replace(url.find("{}"), 2, host);
            const url_reading reading = read(url);
            EXPECT_FALSE(reading.target) << url;
            EXPECT_FALSE(reading.refusal.empty()) << url;
        }
}

TEST(WebhookAddress, EveryHostileUrlIsRefused)
{
    const std::vector<std::string> urls{"",
                                        "https:",
                                        "https:/hooks.example.com/",
                                        "https://",
                                        "https:///hook",
                                        "https:////hooks.example.com/",
                                        "https:\\\\hooks.example.com/",
                                        "https:hooks.example.com",
                                        "//hooks.example.com/",
                                        "hooks.example.com",
                                        "http://hooks.example.com/",
                                        "httpss://hooks.example.com/",
                                        "ftp://hooks.example.com/",
                                        "ftpes://hooks.example.com/",
                                        "file:///etc/passwd",
                                        "gopher://127.0.0.1:6379/_x",
                                        "dict://127.0.0.1:11211/",
                                        "unix:/run/docker.sock",
                                        "https+unix://run/docker.sock",
                                        "jar:https://hooks.example.com/!/",
                                        "javascript:alert(1)",
                                        "data:text/plain,x",
                                        " https://hooks.example.com/",
                                        "https://hooks.example.com/ ",
                                        "https://hooks.example.com/\n",
                                        "https://hooks.example.com/a b",
                                        "\thttps://hooks.example.com/",
                                        "https://hooks.example.com:0/",
                                        "https://hooks.example.com:/",
                                        "https://hooks.example.com:80/",
                                        "https://hooks.example.com:22/",
                                        "https://hooks.example.com:6379/",
                                        "https://hooks.example.com:0443/",
                                        "https://hooks.example.com:+443/",
                                        "https://hooks.example.com:-443/",
                                        "https://hooks.example.com:443:443/",
                                        "https://hooks.example.com:65979/",
                                        "https://hooks.example.com:4294967739/",
                                        "https://hooks.example.com:443x/",
                                        "https://hooks.example.com:0x1bb/",
                                        "https://hooks.example.com:443@127.0.0.1/",
                                        "https://[2606:4700::1111/",
                                        "https://[2606:4700::1111]x/",
                                        "https://@hooks.example.com/",
                                        "https://:@hooks.example.com/",
                                        "https://user@hooks.example.com/",
                                        "https://a@b@hooks.example.com/",
                                        "https://127.0.0.1#@hooks.example.com/",
                                        "https://127.0.0.1?@hooks.example.com/",
                                        "https://hooks.example.com#",
                                        "https://hooks.example.com/#x",
                                        "https://hooks.example.com#@127.0.0.1/",
                                        "https://hooks.example.com/%",
                                        "https://hooks.example.com/%4",
                                        "https://hooks.example.com/%zz",
                                        "https://hooks.example.com/a%00b",
                                        "https://hooks.example.com/a%0d%0ax:%20y",
                                        "https://hooks.example.com/a%1F",
                                        "https://hooks.example.com/a%7f",
                                        "https://hooks.example.com/\"",
                                        "https://hooks.example.com/<x>",
                                        "https://hooks.example.com/a\\b",
                                        "https://hooks.example.com/{x}",
                                        "https://hooks.example.com/a|b",
                                        "https://hooks.example.com/\xc3\xa9",
                                        "https://hooks.example.com/" + std::string(2048, 'a'),
                                        "https://" + std::string(64, 'a') + ".com/",
                                        "https://" + std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                                            std::string(62, 'd') + "/",
                                        std::string("https://hooks.example.com/\0", 27),
                                        std::string("https://hooks.example.com\0.evil.com/", 36)};
    for (const std::string& url : urls)
        EXPECT_FALSE(read(url).target) << url;
}

struct good_url
{
    const char* url;
    const char* host;
    std::uint16_t port;
    const char* path;
    const char* authority;
};

TEST(WebhookAddress, AGoodUrlHasHostPortAndPath)
{
    const std::vector<good_url> all{
        {"https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"},
        {"https://hooks.example.com/", "hooks.example.com", 443, "/", "hooks.example.com"},
        {"https://hooks.example.com:443/a", "hooks.example.com", 443, "/a", "hooks.example.com"},
        {"https://hooks.example.com:8443/a/b?c=d&e=%2f", "hooks.example.com", 8443, "/a/b?c=d&e=%2f", "hooks.example.com:8443"},
        {"https://hooks.example.com?c=d", "hooks.example.com", 443, "/?c=d", "hooks.example.com"},
        {"HTTPS://Hooks.EXAMPLE.com/A", "hooks.example.com", 443, "/A", "hooks.example.com"},
        {"https://xn--mnchen-3ya.de/a@b:c", "xn--mnchen-3ya.de", 443, "/a@b:c", "xn--mnchen-3ya.de"},
        {"https://1a.2-b.co/", "1a.2-b.co", 443, "/", "1a.2-b.co"},
        {"https://8.8.8.8/", "8.8.8.8", 443, "/", "8.8.8.8"},
        {"https://[2606:4700:0:0::1111]:8443/x", "2606:4700::1111", 8443, "/x", "[2606:4700::1111]:8443"},
        {"https://[2606:4700::1111]", "2606:4700::1111", 443, "/", "[2606:4700::1111]"},
        {"https://169.254.169.254.nip.io/", "169.254.169.254.nip.io", 443, "/", "169.254.169.254.nip.io"}, // the resolver's turn
        {"https://hooks.example.com//169.254.169.254/", "hooks.example.com", 443, "//169.254.169.254/", "hooks.example.com"},
    };
    for (const good_url& one : all)
    {
        const url_reading reading = read(one.url);
        ASSERT_TRUE(reading.target) << one.url << ": " << reading.refusal;
        EXPECT_EQ(reading.target->host, one.host);
        EXPECT_EQ(reading.target->port, one.port);
        EXPECT_EQ(reading.target->path, one.path);
        EXPECT_EQ(reading.target->authority(), one.authority);
    }
}

TEST(WebhookAddress, AUrlHasAtMost2048Bytes)
{
    const std::string base = "https://hooks.example.com/";
    EXPECT_TRUE(read(base + std::string(2048 - base.size(), 'a')).target);
    EXPECT_FALSE(read(base + std::string(2049 - base.size(), 'a')).target);
}

TEST(WebhookAddress, AHostHasAtMost253CharactersAndItsPartsHave63)
{
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(57, 'a') + ".com";
    EXPECT_EQ(longest.size(), 253u);
    EXPECT_TRUE(read("https://" + longest).target);
    EXPECT_FALSE(read("https://" + label + "." + label + "." + label + "." + std::string(58, 'a') + ".com").target);
    EXPECT_FALSE(read("https://a" + label + ".com").target);
}

TEST(WebhookAddress, OnlyTheNamedPortsAreAllowed)
{
    EXPECT_FALSE(read_webhook_url("https://hooks.example.com/", std::array<std::uint16_t, 1>{8443}, address_rule::public_only).target);
    EXPECT_FALSE(read_webhook_url("https://hooks.example.com/", {}, address_rule::public_only).target);
    EXPECT_TRUE(read_webhook_url("https://hooks.example.com:1/", std::array<std::uint16_t, 1>{1}, address_rule::public_only).target);
    EXPECT_TRUE(
        read_webhook_url("https://hooks.example.com:65535/", std::array<std::uint16_t, 1>{65535}, address_rule::public_only).target);
}

TEST(WebhookAddress, OnOnesOwnNetworkNamesAndAddressesAreFreeAndTheirFormsAreNot)
{
    for (const char* url : {"https://localhost/", "https://db.internal/", "https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/",
                            "https://[fd00::1]/"})
        EXPECT_TRUE(read(url, address_rule::any).target) << url;
    for (const char* url : {"http://localhost/", "https://user@localhost/", "https://127.1/", "https://0x7f000001/",
                            "https://2130706433/", "https://127.0.0.01/", "https://localhost./", "https://localhost:22/",
                            "https://0.0.0.0/", "https://[::]/", "https://224.0.0.1/", "https://[ff02::1]/", "https://255.255.255.255/",
                            "https://a_b/", "https://[fe80::1%25eth0]/", "https://[fe80::1%1]/", "https://１２７.０.０.１/"})
        EXPECT_FALSE(read(url, address_rule::any).target) << url;
}

TEST(WebhookAddress, ARefusalSaysWhatIsWrong)
{
    EXPECT_EQ(read("http://hooks.example.com/").refusal, "it does not begin with https://");
    EXPECT_EQ(read("https://10.0.0.7/").refusal, "10.0.0.7 is not an address of the public internet");
    EXPECT_EQ(read("https://user@hooks.example.com/").refusal, "it has a user name: put what the receiver asks for into a header");
    EXPECT_EQ(read("https://[::1]/").refusal, "::1 is not an address of the public internet");
    EXPECT_EQ(read("https://hooks.example.com:22/").refusal, "port 22 is not among those of the endpoint");
    EXPECT_EQ(read("https://nas.local/").refusal, "no host of the public internet is in the domain local");
}

TEST(WebhookAddress, ThePublicInternetBeginsAndEndsAtTheEdgesOfTheSpecialNets)
{
    const std::vector<std::pair<const char*, const char*>> nets{
        {"0.0.0.0", "0.255.255.255"},       {"10.0.0.0", "10.255.255.255"},     {"100.64.0.0", "100.127.255.255"},
        {"127.0.0.0", "127.255.255.255"},   {"168.63.129.16", "168.63.129.16"}, {"169.254.0.0", "169.254.255.255"},
        {"172.16.0.0", "172.31.255.255"},   {"192.0.0.0", "192.0.0.255"},       {"192.0.2.0", "192.0.2.255"},
        {"192.31.196.0", "192.31.196.255"}, {"192.52.193.0", "192.52.193.255"}, {"192.88.99.0", "192.88.99.255"},
        {"192.168.0.0", "192.168.255.255"}, {"192.175.48.0", "192.175.48.255"}, {"198.18.0.0", "198.19.255.255"},
        {"198.51.100.0", "198.51.100.255"}, {"203.0.113.0", "203.0.113.255"},   {"224.0.0.0", "255.255.255.255"}};
    for (const auto& [first, last] : nets)
    {
        EXPECT_FALSE(is_public(first)) << first;
        EXPECT_FALSE(is_public(last)) << last;
        const std::uint32_t below = ip::make_address_v4(first).to_uint() - 1;
        const std::uint32_t above = ip::make_address_v4(last).to_uint() + 1;
        if (below != 0xffffffffU)
        {
            EXPECT_TRUE(core::is_public(ip::address_v4(below))) << first;
        }
        if (above != 0)
        {
            EXPECT_TRUE(core::is_public(ip::address_v4(above))) << last;
        }
    }
}

TEST(WebhookAddress, OfV6OnlyGlobalUnicastIsPublic)
{
    for (const char* address : {"2606:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1", "2400::", "2001:200::",
                                "2001:db7:ffff::1", "2001:db9::1",
                                "2003::1", "2620:4f:7fff::1", "2620:4f:8001::1", "3ffd:ffff::1", "3fff:1000::1", "2000::1", "2001:200::1",
                                "2000:ffff::1"})
        EXPECT_TRUE(is_public(address)) << address;
    for (const char* address : {"::", "::1", "1fff:ffff::1", "4000::", "2001::", "2001:1ff:ffff::1", "2001:db8::",
                                "2001:db8:ffff:ffff::1", "2002::",
                                "2002:ffff:ffff::1", "2620:4f:8000::", "2620:4f:8000:ffff::1", "3ffe::", "3ffe:ffff::1", "3fff::",
                                "3fff:fff:ffff::1",
                                "64:ff9b::808:808", "64:ff9b:1::", "::ffff:8.8.8.8", "::8.8.8.8", "100::", "fc00::", "fdff::1", "fe80::1",
                                "fec0::1",
                                "feff::1", "ff00::", "ffff::1"})
        EXPECT_FALSE(is_public(address)) << address;
    ip::address_v6 on_a_link = ip::make_address_v6("2606:4700::1111");
    on_a_link.scope_id(2);
    EXPECT_FALSE(core::is_public(on_a_link));
}

TEST(WebhookAddress, NobodyAndManyAreConnectedToByNoRule)
{
    for (const char* address : {"0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"})
    {
        EXPECT_FALSE(may_connect(ip::make_address(address), address_rule::any)) << address;
        EXPECT_FALSE(may_connect(ip::make_address(address), address_rule::public_only)) << address;
    }
    for (const char* address : {"127.0.0.1", "10.0.0.1", "::1", "fe80::1", "169.254.1.1"})
    {
        EXPECT_TRUE(may_connect(ip::make_address(address), address_rule::any)) << address;
        EXPECT_FALSE(may_connect(ip::make_address(address), address_rule::public_only)) << address;
    }
    EXPECT_TRUE(may_connect(ip::make_address("8.8.8.8"), address_rule::public_only));
}
}
}
