package clients

import "github.com/leafcam/leafcam/hostsim"

// Erlang has a TLS stack of its own; OpenSSL does the arithmetic only.

var erlang = &hostsim.Client{
	Name: "erlang", Title: "Erlang httpc", Stack: erlangTLS, Library: "Erlang/OTP ssl",
	Needs: hostsim.Needs{
		Packages: []string{"erlang-base", "erlang-ssl", "erlang-inets", "erlang-public-key"},
		Programs: []string{"erl"}, VersionLoads: true,
		Version: []string{
			"-noshell", "-eval",
			`[{ok, _} = application:ensure_all_started(A) || A <- [ssl, inets, public_key]], {ok, V} = application:get_key(ssl, vsn), ` +
				`io:format("OTP ~s ssl ~s~n", [erlang:system_info(otp_release), V]), halt().`,
		},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "erlang", Words: erlangWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `application:ensure_all_started(inets), application:ensure_all_started(ssl), [U, CA] = init:get_plain_arguments(),
R = httpc:request(get, {U, []}, [{timeout, 30000}, {ssl, [{verify, verify_peer}, {cacertfile, CA}, {depth, 3},
  {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}]}], []),
case R of {ok, {_, _, B}} -> io:format("~s", [B]), halt(0); E -> io:format("~p~n", [E]), halt(1) end.`
		return hostsim.Command{Args: []string{v.Program("erl"), "-noshell", "-eval", program, "-extra", v.URL(), v.CAFile}}
	},
}

var elixir = &hostsim.Client{
	Name: "elixir", Title: "Elixir httpc", Stack: erlangTLS, Library: "Erlang/OTP ssl",
	Needs: hostsim.Needs{
		Packages: []string{"elixir", "erlang-ssl", "erlang-inets", "erlang-public-key"},
		Programs: []string{"elixir", "erl"}, VersionLoads: true,
		Version: []string{
			"-e", `for a <- [:ssl, :inets, :public_key], do: {:ok, _} = Application.ensure_all_started(a)
IO.puts("Elixir " <> System.version())`,
		},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "erlang", Words: erlangWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `[u, ca] = System.argv()
{:ok, _} = Application.ensure_all_started(:inets)
{:ok, _} = Application.ensure_all_started(:ssl)
options = [verify: :verify_peer, cacertfile: ca, depth: 3,
  customize_hostname_check: [match_fun: :public_key.pkix_verify_hostname_match_fun(:https)]]
case :httpc.request(:get, {String.to_charlist(u), []}, [timeout: 30000, ssl: options], []) do
  {:ok, {_, _, b}} -> IO.write(b)
  e -> IO.inspect(e); System.halt(1)
end`
		return hostsim.Command{Args: []string{v.Program("elixir"), "-e", program, v.URL(), v.CAFile}}
	},
}
