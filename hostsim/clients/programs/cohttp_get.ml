open Lwt.Infix

let () =
  let page =
    Cohttp_lwt_unix.Client.get (Uri.of_string Sys.argv.(1)) >>= fun (_, body) -> Cohttp_lwt.Body.to_string body
  in
  print_string (Lwt_main.run page)
